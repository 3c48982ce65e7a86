"""The command line: one file a verb, parse -> app -> print. To add a verb, write its file and add its line below."""
