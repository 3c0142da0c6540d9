"""The wallet company's back ends, one module each, all of which answer the same questions (`ivr/flow/questions.py`)."""
