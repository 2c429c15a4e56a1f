#pragma once

#include <string>

#include "provider-service/dialect/hub/call_item.h"

namespace wayleave::provider {

// Looks at the patch in a call, if there is one: in the input of a freeform tool `apply_patch`, in the arguments of a
// function of that name, in a shell command that is nothing but a here document for apply_patch. A patch that can be
// repaired is replaced. Sets `patch` of the call.
void CheckPatchIn(CallItem& call);

// What the model is told with the output of such a call, if its patch is broken; otherwise nothing.
std::string PatchAdviceFor(CallItem call);

// Whether the output says that the patch was applied all the same.
bool PatchApplied(const std::string& output);

}  // namespace wayleave::provider
