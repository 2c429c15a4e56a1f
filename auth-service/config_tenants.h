#pragma once

#include "auth-service/identity/key_table.h"
#include "base/config/yaml.h"

namespace wayleave::auth {

// Reads the section `tenants`: terms by tenant, by user below `users`, and for each user by himself in `each_user`. What the gateway alone looks at is passed over.
// Throws config::ConfigError.
KeyTable::Configured ReadTenants(config::Section section);

}  // namespace wayleave::auth
