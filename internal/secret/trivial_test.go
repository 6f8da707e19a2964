package secret

import "testing"

func TestWhatNobodyNeedsAListFor(t *testing.T) {
	list := CommonPasswords()
	for _, p := range []string{"123456789012345", "qwertyuiopasdfgh", "QWERTYUIOPASDFGH", "zyxwvutsrqponml", "abcdefghijklmnop",
		"aaaaaaaaaaaaaaa", "abcabcabcabcabc", "sunshinesunshine", "1q2w1q2w1q2w1q2w", "poiuytrewqlkjhgfdsa", "ababababababababab"} {
		if !list.Contains(p) {
			t.Errorf("%q is taken", p)
		}
	}
	for _, p := range []string{"paper-boats-on-a-quiet-canal", "correct horse battery", "abcdefg-hijklmn-op!", "mango-tree-mango-tree", "Xk7#pQ9!vLm2$wRz"} {
		if list.Contains(p) {
			t.Errorf("%q is refused", p)
		}
	}
}
