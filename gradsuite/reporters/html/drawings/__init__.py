"""Drawings as inline SVG: themed by classes alone, because the page allows no inline styles."""
