#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/async/task.h"
#include "base/result.h"

namespace wayleave::rpc {

// What gRPC's name of a service stands for: addresses that it lists, or a host to resolve.
struct ReplicaNames {
  std::vector<std::string> fixed;  // each a name of one replica
  std::string host;                // empty if there is nothing to resolve
  std::string port;
};

// "dns:///auth:8791", "dns:auth:8791" and "auth:8791" are to be resolved; "ipv4:10.0.0.1:1,10.0.0.2:1" and "ipv6:…" are
// lists; an address and everything else ("unix:/run/a.sock") names one replica.
ReplicaNames ParseReplicas(const std::string& target);

// The addresses of a host, each as gRPC's name of one replica, sorted: "ipv4:10.0.0.1:8791". Called on a worker.
using Resolve = std::function<Task<Result<std::vector<std::string>>>(std::string host, std::string port,
                                                                     std::chrono::milliseconds timeout)>;

// As the system does it. A host with IPv4 addresses is known by those alone: the others would be the same replicas
// again. kDeadlineExceeded when the time is up, kUnavailable if there is no address.
Task<Result<std::vector<std::string>>> ResolveBySystem(std::string host, std::string port,
                                                       std::chrono::milliseconds timeout);

}  // namespace wayleave::rpc
