package places

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// model is Places as a person would write them down: lists, which are searched from the beginning.
type model struct {
	most  int
	held  map[string]int
	queue []waiting
	turns []string // the order of those that wait, of tokens and of flows, with the next in front
}

// waiting is somebody who waits, with the number by which it is known.
type waiting struct {
	token, flow string
	number      int
}

func (m *model) used() (used int) {
	for _, n := range m.held {
		used += n
	}
	return used
}

func (m *model) may(token string) bool {
	free := m.most - m.used()
	return free > 0 && m.held[token] < free
}

// take returns whether somebody is given a place at once.
func (m *model) take(w waiting) bool {
	if m.may(w.token) {
		m.held[w.token]++
		return true
	}
	m.queue = append(m.queue, w)
	for _, turn := range []string{w.token, w.flow} {
		if !slices.Contains(m.turns, turn) {
			m.turns = append(m.turns, turn)
		}
	}
	return false
}

// leave takes somebody out of the queue, if it is there.
func (m *model) leave(number int) {
	m.queue = slices.DeleteFunc(m.queue, func(w waiting) bool { return w.number == number })
	m.turns = slices.DeleteFunc(m.turns, func(turn string) bool {
		return !slices.ContainsFunc(m.queue, func(w waiting) bool { return w.token == turn || w.flow == turn })
	})
}

// give takes a place back, and returns the numbers of those that are given one.
func (m *model) give(token string) (served []int) {
	m.held[token]--
	for {
		w, found := m.next()
		if !found {
			return served
		}
		served = append(served, w.number)
		m.held[w.token]++
		for _, turn := range []string{w.token, w.flow} {
			i := slices.Index(m.turns, turn)
			m.turns = append(slices.Delete(m.turns, i, i+1), turn)
		}
		m.leave(w.number)
	}
}

// next returns whose turn it is: of the first token that may have a place, of its first flow, who came first.
func (m *model) next() (waiting, bool) {
	for _, token := range m.turns {
		for _, flow := range m.turns {
			for _, w := range m.queue {
				if w.token == token && w.flow == flow && m.may(token) {
					return w, true
				}
			}
		}
	}
	return waiting{}, false
}

// answer is a place that somebody was given.
type answer struct {
	number int
	place  Place
}

// settle waits until as many wait as in the model, and as many places are held.
func settle(t *rapid.T, p *Places, m *model) {
	for range 1_000_000 {
		if state := p.State(); state.Waiting == len(m.queue) && state.Used == m.used() {
			return
		}
		runtime.Gosched()
	}
	t.Fatalf("%+v, and in the model %d places are held and %d wait", p.State(), m.used(), len(m.queue))
}

// Places give the same places, to the same, at the same moment, as the model.
func TestPlacesAsWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(1, 12).Draw(t, "most")
		m := &model{most: most, held: map[string]int{}}
		p := New(most)
		flows := map[string]*Flow{}
		held, cancels := map[int]Place{}, map[int]context.CancelFunc{}
		tokens := map[int]string{}
		answers := make(chan answer, 1000)
		number := 0
		check := func(want []int) {
			settle(t, p, m)
			var got []int
			for range want {
				a := <-answers
				held[a.number] = a.place
				got = append(got, a.number)
			}
			if slices.Sort(got); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
				t.Fatalf("served %v, not %v", got, want)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"take": func(t *rapid.T) {
				number++
				token := rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "token")
				w := waiting{token, token + fmt.Sprint(rapid.IntRange(1, 3).Draw(t, "flow")), number}
				if flows[w.flow] == nil {
					flows[w.flow] = NewRunning(token)
				}
				ctx, cancel := context.WithCancel(context.Background())
				cancels[w.number], tokens[w.number] = cancel, token
				go func() {
					if place, err := p.Take(ctx, flows[w.flow]); err == nil {
						answers <- answer{w.number, place}
					}
				}()
				if m.take(w) {
					check([]int{w.number})
					return
				}
				check(nil)
			},
			"give": func(t *rapid.T) {
				if len(held) == 0 {
					t.Skip("nothing is held")
				}
				of := rapid.SampledFrom(slices.Sorted(maps.Keys(held))).Draw(t, "place")
				p.Give(held[of])
				delete(held, of)
				check(m.give(tokens[of]))
			},
			"leave": func(t *rapid.T) {
				if number == 0 {
					t.Skip("nobody waits")
				}
				of := rapid.IntRange(1, number).Draw(t, "who")
				cancels[of]()
				m.leave(of)
				check(nil)
			},
			"": func(t *rapid.T) {
				if state := p.State(); state.Used != m.used() || state.Used != len(held) {
					t.Fatalf("%+v, %d are held", state, m.used())
				}
			},
		})
		for _, cancel := range cancels {
			cancel()
		}
		m.queue = nil
		settle(t, p, m)
		for _, place := range held {
			p.Give(place)
		}
		if state := p.State(); state.Used+state.Running > 0 || len(p.holders) > 0 {
			t.Fatalf("left: %+v", state)
		}
	})
}
