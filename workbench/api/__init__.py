"""The facade both front ends use."""
