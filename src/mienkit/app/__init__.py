"""Use cases: what the toolkit does, in the words of its users. The command line and the web page only call these."""
