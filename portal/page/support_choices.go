package page

import (
	"strconv"
	"time"
)

// IdentifiedChoices are how an agent came to believe the caller, the best first; what each means stands with it.
func IdentifiedChoices() []Choice {
	var all []Choice
	for _, way := range []string{"in-person", "called-back", "video-call", "manager", "questions"} {
		all = append(all, Choice{Value: way, Label: Say("desk.identified." + way), Hint: Say("desk.identified-hint." + way)})
	}
	return all
}

// CodeChannels are where a temporary access code can go. There is no field for another address.
func CodeChannels(address, number string) []Choice {
	text := Choice{Value: "text", Label: Say("desk.channel.text", "Where", number), Hint: Say("desk.channel-hint.text")}
	if number == "" {
		text = Choice{Value: "text", Label: Say("desk.channel.no-text"), Hint: Say("desk.channel-hint.no-text"), Disabled: true}
	}
	return []Choice{{Value: "mail", Label: Say("desk.channel.mail", "Where", address), Hint: Say("desk.channel-hint.mail")}, text}
}

// CodeLives are how long a code works, up to the longest.
func CodeLives(longest time.Duration) []Choice {
	var all []Choice
	for _, life := range []time.Duration{15 * time.Minute, time.Hour, 4 * time.Hour, 8 * time.Hour, 12 * time.Hour, 24 * time.Hour} {
		if life <= longest {
			all = append(all, Choice{Value: strconv.Itoa(int(life.Minutes())), Label: Say("desk.open.lasts", "Time", life)})
		}
	}
	return all
}

// CodeUses are how often a code works.
func CodeUses(most int) []Choice {
	var all []Choice
	for n := 1; n <= most; n++ {
		all = append(all, Choice{Value: strconv.Itoa(n), Label: Say("desk.open.times", "Count", n)})
	}
	return all
}
