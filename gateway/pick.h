#pragma once

#include <functional>

#include "gateway/draw.h"
#include "wayleave/router/v1/router.pb.h"

namespace wayleave::gateway {

// How many of the gateway's own requests a target serves now.
using InFlightOf = std::function<int(const router::v1::Target&)>;

// The caller's own part in a decision: puts the route's targets into the order in which this request asks them. Targets
// on trial, which the router lists first, stay first: they were listed to be tried.
//
// PICK_BOUNDED is consistent hashing with bounded loads: a target that would have more than 1.25 of its share of these
// targets' requests, by weight and rounded up, comes after those that would not. Two at once are always allowed, so
// that a conversation with one sub-agent stays where its prompt is cached.
//
// Changes `route` in place, allocates nothing where there is nothing to choose, and is pure but for what the two
// functions tell.
void Arrange(router::v1::RouteResponse& route, const InFlightOf& in_flight, const Draw& draw);

}  // namespace wayleave::gateway
