/** Where real Go crashes on a round, every lane answers this text with Go's cause behind it. */
export const GO_CRASHES = 'the Go aggregator crashes on this round: ';
