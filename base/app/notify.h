#pragma once

#include <string>

namespace wayleave::app {

// Tells the service manager how this program does: a datagram to the socket that systemd names in NOTIFY_SOCKET, in the
// words of sd_notify(3): "READY=1", several of them on lines of their own. Any thread.
//
// Without such a manager nothing happens. One that can't be reached is no failure either: it has a timeout of its own,
// and a program that works should not end for it.
void Notify(const std::string& state);

// The two ends of a reading of the configuration. The manager waits for the second after the first.
void NotifyReloading();
void NotifyReady();

}  // namespace wayleave::app
