module ipvs-node-agent

go 1.26
