package broker_test

import (
	"testing"

	"example.com/aye/broker"
	"example.com/aye/broker/brokertest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	brokertest.Run(t, func(*testing.T) (here, there broker.Broker) {
		m := broker.NewMemory()
		return m, m
	})
}
