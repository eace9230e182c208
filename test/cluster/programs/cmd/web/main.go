// Command web answers HTTP requests (TCP) and datagrams (UDP) on one port with its own host name.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
)

func main() {
	address := flag.String("address", ":8080", "address to listen on, TCP and UDP; 127.0.0.1:8080 keeps others out")
	flag.Parse()
	name, err := os.Hostname()
	if err != nil {
		log.Fatal(err)
	}
	packets, err := net.ListenPacket("udp", *address)
	if err != nil {
		log.Fatal(err)
	}
	go answerPackets(packets, name)
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, name) })
	log.Printf("%s listens on %s", name, *address)
	log.Fatal(http.ListenAndServe(*address, nil))
}

func answerPackets(packets net.PacketConn, name string) {
	buffer := make([]byte, 1500)
	for {
		_, from, err := packets.ReadFrom(buffer)
		if err != nil {
			log.Fatal(err)
		}
		if _, err := packets.WriteTo([]byte(name+"\n"), from); err != nil {
			log.Print(err)
		}
	}
}
