package nanp

// ByExchange is a table by area code and exchange. The zero ByExchange is
// empty; it takes memory by the area codes that are in it.
type ByExchange[T any] [1000]*[1000]T

// Get returns what is known of a number's exchange, the zero T when nothing is.
func (t *ByExchange[T]) Get(n Number) (v T) {
	area := t[n.NPA()]
	if area == nil {
		return v
	}
	return area[n.NXX()]
}

// At returns the place of a number's exchange, to be written.
func (t *ByExchange[T]) At(n Number) *T {
	area := &t[n.NPA()]
	if *area == nil {
		*area = new([1000]T)
	}
	return &(*area)[n.NXX()]
}
