"""What the project adds to gradsuite: each module looks like one of gradsuite's own."""
