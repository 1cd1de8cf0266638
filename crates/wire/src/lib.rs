//! The TCP segment on the wire: parse, emit, checksum, display
