//! What a record means, in words, in two languages
