"""Work after the call: recordings fetched, stuck work started again."""
