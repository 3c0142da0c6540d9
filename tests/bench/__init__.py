"""How many turns a second one core answers, beside a bare Flask application that answers the same."""
