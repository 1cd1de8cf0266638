//! Runs a program in a namespace of its own whose network is a Cordial stack
