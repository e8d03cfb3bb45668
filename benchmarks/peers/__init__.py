"""The peers: the measured part of the schema on other servers, each as its documentation has it."""
