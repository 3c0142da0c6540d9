"""A telephone company in a box: it fetches our documents over HTTP and obeys them as Twilio would."""
