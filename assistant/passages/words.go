package passages

import (
	"iter"
	"slices"
	"strings"

	"github.com/kljensen/snowball/english"

	"parley/internal/words"
)

const (
	// MaxAsked bounds the words of a question.
	MaxAsked = 32
	// headingWeight is how often a heading's words count.
	headingWeight = 2
)

// Words returns the words that a text is found by, in order, repeats included: those
// of package words, English ones without their endings, so that "returned" and
// "returns" meet. Other scripts, and words with digits, stay as they are; words of
// other languages in ASCII may lose an ending, the same one here and in Asked.
func Words(text string) []string { return slices.Collect(stems(words.Of(text))) }

// Asked returns what a question asks for: at most MaxAsked words, each once, without
// those that every question has ("how", "the", "können"). It may be none: then there
// is nothing to look for.
func Asked(question string) []string {
	all := words.Distinct(words.Asked(question), 8*MaxAsked)
	stop := stopWords(all)
	all = slices.DeleteFunc(all, func(word string) bool { return stop[word] || common[word] })
	return words.Distinct(stems(slices.Values(all)), MaxAsked)
}

// Words returns the words that the passage is found by, repeats included: those of
// its headings stand twice. It is what an index keeps of it.
func (p Passage) Words() []string {
	list := Words(p.Text)
	heading := Words(p.Heading)
	for range headingWeight {
		list = append(list, heading...)
	}
	return list
}

func stems(tokens iter.Seq[string]) iter.Seq[string] {
	return func(yield func(string) bool) {
		for token := range tokens {
			if !yield(root(token)) {
				return
			}
		}
	}
}

// root takes the ending off a word that may be English, by Porter's second algorithm
// (snowballstem.org). What has a letter outside ASCII, or a digit, is none.
func root(word string) string {
	if len(word) < 4 {
		return word
	}
	for i := range len(word) {
		if !letter(word[i]) {
			return word
		}
	}
	// Most German plurals and infinitives; English has few such words, and they only
	// become rarer ones.
	if len(word) > 6 {
		word = strings.TrimSuffix(word, "en")
	}
	return english.Stem(word, true)
}

// stopWords returns the stop words of the language that the question is in: the one
// that most of its words are stop words of. So "die" is one in German alone.
func stopWords(question []string) map[string]bool {
	var best map[string]bool
	most := 0
	for _, list := range stops {
		n := 0
		for _, word := range question {
			if list[word] {
				n++
			}
		}
		if n > most {
			best, most = list, n
		}
	}
	return best
}

// stops are words without meaning of their own, as package words writes them: without
// diacritics, and what an apostrophe leaves as a word of its own.
var stops = []map[string]bool{
	set(`a about after all also am an and any anybody anyone anything are as at be because been before being
		but by can cannot could d did do does doing don else ever for from get gets getting give go goes going
		got had has have having he hello help her here hers hey hi him his how i if in into is it its just
		know ll let like m make many may me might mine more much must my need no not of off on once one only or
		other our ours out over please re s same shall she should so some someone something still such t tell
		than thank thanks that the their them then there these they thing this those though to too under until up
		us use used using ve very want wants was way we well were what when where whether which while who whom
		whose why will with without won would you your yours aren couldn didn doesn hadn hasn haven
		isn shouldn wasn weren wouldn long take takes happen happens`),
	set(`ab aber alle allem allen aller alles als also am an auch auf aus bei beim bin bis bitte da damit dann
		das dass dazu dein deine dem den denn der des dich die dies diese diesem diesen dieser dieses dir doch
		dort du durch ein eine einem einen einer eines er es etwas euch euer eure fur gegen gibt hab habe haben
		hallo hat hatte hier ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im in ins ist ja jede jeden jeder jedes
		jemand kann kannst konnen konnte konnt man mehr mein meine meinem meinen meiner mich mir mit mochte muss
		mussen nach nicht nichts noch nun nur ob oder ohne schon sehr sein seine sich sie sind so soll sollte um
		und uns unser unsere vom von vor wann war warum was welche welchem welchen welcher welches wenn wer werde
		werden wie wieder will wir wird wo woher wohin wollen wurde wurden zu zum zur zwischen uber`),
	set(`a ai as au aux avec avez avoir c ca ce ces cet cette comment d dans de des du elle elles en est et
		etre faire fait il ils j je l la le les leur leurs lui m ma mais me mes moi mon n ne nos notre nous on ou
		par pas peut peux pour pourquoi puis qu quand que quel quelle quels quelles qui quoi s sa sans se ses si
		son sont sur t ta te tes toi ton tu un une vos votre vous y`),
	set(`a al algo como con cual cuales cuando cuanto de del donde e el ella ellas ellos en entre era es esa ese
		eso esta este esto hace hacer hasta hay la las le les lo los mas me mi mis muy no nos o para pero por
		porque puede puedo que quien se ser si sin sobre son su sus te tengo tiene tu un una y ya yo`),
}

// common are pairs and single characters that Chinese and Japanese questions are made
// with, whatever they ask.
var common = set(`请 問 问 吗 呢 的 了 我 你 吧 请问 什么 怎么 么办 怎样 多少 可以 以吗 能不 不能 我的 我要 我想 是否 如何 哪里 为什 多久
	請問 什麼 怎麼 です すか ます ませ せん した たい です か は が の を に で と も から さい 下さ くだ ださ ありま どの どう うす すれ れば
	教え えて てく いで いま とは って`)
