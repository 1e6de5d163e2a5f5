"""What the screen shows and offers, without Textual: the view-model of all its forms."""
