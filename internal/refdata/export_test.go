package refdata

// NewHTTP is the client that fetches reports, for tests of where it follows.
var NewHTTP = newHTTP
