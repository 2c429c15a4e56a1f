#pragma once

#include <vector>

namespace wayleave::metrics {

// Bounds of histograms' buckets, in seconds unless it is said otherwise.
extern const std::vector<double> kRequestSeconds;     // whole requests: 10 ms … 82 s
extern const std::vector<double> kFirstEventSeconds;  // time to the first event: 1 ms … 60 s
extern const std::vector<double> kOverheadSeconds;    // our own part: 50 µs … 250 ms
extern const std::vector<double> kPhaseSeconds;       // a part of a request, whatever it is: 50 µs … 60 s
extern const std::vector<double> kDiskSeconds;        // a write that is waited for: 100 µs … 5 s

// As OpenTelemetry's conventions for generative AI have them.
extern const std::vector<double> kGenAiTokens;  // tokens
extern const std::vector<double> kGenAiFirstTokenSeconds;
extern const std::vector<double> kGenAiPerTokenSeconds;

}  // namespace wayleave::metrics
