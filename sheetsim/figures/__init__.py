"""Figures: PNGs and animated GIFs; the only layer that knows matplotlib and PIL.

Nothing is left behind in matplotlib's settings, no window is opened, and the same figure has the
same bytes every time. A figure is written whole or not at all.
"""
