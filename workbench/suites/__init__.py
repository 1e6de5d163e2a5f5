"""Cases, suites, runs, exporters and importers."""
