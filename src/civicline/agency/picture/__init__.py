"""The menus as a picture for a person to review: SVG, without a program beside us."""
