// Go's own resolver and HTTP client; tells one line of JSON.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
)

type answer struct {
	Version   string   `json:"version"`
	Addresses []string `json:"addresses,omitempty"`
	Names     []string `json:"names,omitempty"`
	Output    string   `json:"output,omitempty"`
	Error     string   `json:"error,omitempty"`
}

func main() {
	said := answer{Version: strings.TrimPrefix(runtime.Version(), "go")}
	err := errors.New("usage: client resolve NAME FAMILY | reverse ADDRESS | fetch URL")
	switch {
	case len(os.Args) == 4 && os.Args[1] == "resolve":
		said.Addresses, err = resolve(os.Args[2], os.Args[3])
	case len(os.Args) == 3 && os.Args[1] == "reverse":
		said.Names, err = net.DefaultResolver.LookupAddr(context.Background(), os.Args[2])
	case len(os.Args) == 3 && os.Args[1] == "fetch":
		said.Output, err = fetch(os.Args[2])
	}
	if err != nil {
		said.Error = reason(err)
	}
	json.NewEncoder(os.Stdout).Encode(said)
	if err != nil {
		os.Exit(2)
	}
}

// The last part of the chain: the parts before it name ports, and are never the same twice.
func reason(err error) string {
	parts := strings.Split(err.Error(), ": ")
	return parts[len(parts)-1]
}

func resolve(name, family string) ([]string, error) {
	network := map[string]string{"ipv4": "ip4", "ipv6": "ip6"}[family]
	if network == "" {
		network = "ip"
	}
	addresses, err := net.DefaultResolver.LookupIP(context.Background(), network, name)
	texts := make([]string, len(addresses))
	for index, address := range addresses {
		texts[index] = address.String()
	}
	return texts, err
}

func fetch(url string) (string, error) {
	response, err := http.Get(url)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}
