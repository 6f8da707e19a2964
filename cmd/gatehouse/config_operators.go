package main

import (
	"slices"
	"strconv"

	"gatehouse/internal/site"
)

func (k *configCheck) operators() {
	for i, host := range k.OperatorHosts {
		key := "operator_hosts[" + strconv.Itoa(i) + "]"
		if problem := site.CheckHost(host); problem != "" {
			k.doc.Problem(key, "is %q, %s", host, problem)
		} else if slices.Contains(k.OperatorHosts[:i], host) {
			k.doc.Problem(key, "%s is in the list already", host)
		}
	}
	if problem := site.CheckEmail(k.OperatorSender); k.OperatorSender != "" && problem != "" {
		k.doc.Problem("operator_sender", "is %q, %s", k.OperatorSender, problem)
	}
	if k.OperatorSender != "" && len(k.OperatorHosts) == 0 {
		k.doc.Problem("operator_sender", "is of no use without operator_hosts")
	}
}
