package app

import (
	"github.com/prometheus/client_golang/prometheus"

	"example.com/aye/broker"
)

// registerOutbox tells how many mails wait.
func registerOutbox(registry prometheus.Registerer, waiting func() int64) {
	registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "aye_outbox_waiting", Help: "Mails in the database that wait to be told; 10000 is full."},
		func() float64 { return float64(waiting()) }))
}

// registerBroker tells what the broker does.
func registerBroker(registry prometheus.Registerer, statistics func() broker.Statistics) {
	for way, count := range map[string]func(broker.Statistics) int64{
		"here":     func(s broker.Statistics) int64 { return s.Here },
		"sent":     func(s broker.Statistics) int64 { return s.Sent },
		"received": func(s broker.Statistics) int64 { return s.Received },
		"healed":   func(s broker.Statistics) int64 { return s.Healed },
		"lost":     func(s broker.Statistics) int64 { return s.Lost },
	} {
		registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "aye_broker_hints_total", Help: "Hints by their way: made here, sent to other servers, received from them, healed by the database after one was lost, lost on the way out.",
			ConstLabels: prometheus.Labels{"way": way},
		}, func() float64 { return float64(count(statistics())) }))
	}
	registry.MustRegister(
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "aye_broker_reconnects_total", Help: "How often the connection to other servers was made anew."},
			func() float64 { return float64(statistics().Reconnects) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "aye_broker_connected", Help: "1 while other servers are heard, or there are none."},
			func() float64 {
				if statistics().Connected {
					return 1
				}
				return 0
			}))
}
