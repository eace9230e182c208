// Command agent runs commands inside the virtual machine of the IPVS node. It talks over a virtio-serial port, so it works
// whatever a test does to the machine's network: one JSON request a line in, one JSON answer a line out, matched by id.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

type request struct {
	ID    int      `json:"id"`
	Argv  []string `json:"argv"`
	Stdin []byte   `json:"stdin"`
}

type answer struct {
	ID     int    `json:"id"`
	Code   int    `json:"code"` // as a shell has it: 127 for a command that cannot be started, 128 + N for signal N
	Stdout []byte `json:"stdout"`
	Stderr []byte `json:"stderr"`
}

func main() {
	port, err := openPort("agent")
	if err != nil {
		log.Fatal(err)
	}
	var writing sync.Mutex
	lines := bufio.NewReader(port)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil { // nobody is connected: a read ends at once (virtio_console.c, port_fops_read)
			time.Sleep(50 * time.Millisecond)
			lines.Reset(port)
			continue
		}
		var asked request
		if json.Unmarshal(line, &asked) != nil || len(asked.Argv) == 0 {
			continue // cut off by a client that went away
		}
		go func() {
			text, _ := json.Marshal(run(asked))
			writing.Lock()
			defer writing.Unlock()
			if _, err := port.Write(append(text, '\n')); err != nil {
				log.Print(err)
			}
		}()
	}
}

// openPort finds the port by the name that QEMU gave it; the number in /dev/vportNp1 is not fixed.
func openPort(name string) (*os.File, error) {
	for range 200 {
		names, err := filepath.Glob("/sys/class/virtio-ports/*/name")
		if err != nil {
			return nil, err
		}
		for _, path := range names {
			if text, _ := os.ReadFile(path); strings.TrimSpace(string(text)) != name {
				continue
			}
			if port, err := os.OpenFile("/dev/"+filepath.Base(filepath.Dir(path)), os.O_RDWR, 0); err == nil {
				return port, nil
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	return nil, errors.New("no virtio-serial port " + name)
}

func run(asked request) answer {
	var stdout, stderr bytes.Buffer
	command := exec.Command(asked.Argv[0], asked.Argv[1:]...)
	command.Stdin, command.Stdout, command.Stderr = bytes.NewReader(asked.Stdin), &stdout, &stderr
	err := command.Run()
	code := command.ProcessState.ExitCode()
	if command.ProcessState == nil {
		code = 127
		stderr.WriteString(err.Error())
	} else if code < 0 {
		code = 128 + int(command.ProcessState.Sys().(syscall.WaitStatus).Signal())
	}
	return answer{asked.ID, code, stdout.Bytes(), stderr.Bytes()}
}
