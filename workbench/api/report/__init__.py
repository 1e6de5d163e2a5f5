"""The report of a session: one HTML file that needs nothing else."""

from workbench.api.report.page import render, write_report

__all__ = ["render", "write_report"]
