package live

import (
	"testing"
	"testing/synctest"
	"time"

	"jobsgateway/restclient"
)

// What an event is written from counts until it is written, also where all who wanted to read it have left.
func TestAnEventThatIsBeingWrittenIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lent, set := keeping(1 << 20)
		w := newWorld()
		w.fill = 4000
		e := over(w, set)
		goesOn := make(chan struct{})
		form := plainForm("slow")
		write := form.Write
		form.Write = func(event Event) []byte {
			if len(event.Jobs) > 0 {
				<-goesOn
			}
			return write(event)
		}
		s := begin(t, e, Changes{Form: form})
		next(t, s)
		w.change(1, restclient.StateRunning, 0)
		silent(t, s, 3*time.Second)
		s.Close()
		e.Close()
		if held := lent.Figures().Held; held < 4000 {
			t.Errorf("%d bytes count", held)
		}
		close(goesOn)
		synctest.Wait()
		if held := lent.Figures().Held; held != 0 {
			t.Errorf("%d bytes in the end", held)
		}
	})
}
