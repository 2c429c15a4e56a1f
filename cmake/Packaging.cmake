# `cmake --install`: programs, units, documents below the prefix. `cpack` makes a .deb of them, and of what belongs into
# /etc. Units name the programs where they were installed.

set(units wayleave.service wayleave-auth.service wayleave-router.service wayleave-provider.service
          wayleave-gateway.service wayleave-fleet.target)
list(TRANSFORM units PREPEND ${PROJECT_SOURCE_DIR}/deploy/systemd/)
install(FILES ${units} DESTINATION lib/systemd/system)
install(CODE "
  foreach(unit ${units})
    get_filename_component(name \"\${unit}\" NAME)
    set(installed \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/lib/systemd/system/\${name}\")
    file(READ \"\${installed}\" text)
    string(REPLACE \"ExecStart=/usr/bin/\" \"ExecStart=\${CMAKE_INSTALL_PREFIX}/bin/\" text \"\${text}\")
    string(REPLACE \"file:///usr/share/\" \"file://\${CMAKE_INSTALL_PREFIX}/share/\" text \"\${text}\")
    file(WRITE \"\${installed}\" \"\${text}\")
  endforeach()")
install(FILES README.md deploy/debian/copyright DESTINATION share/doc/wayleave)
install(DIRECTORY docs/ DESTINATION share/doc/wayleave/docs FILES_MATCHING PATTERN "*.md" PATTERN "*.json" PATTERN "*.png"
        PATTERN examples EXCLUDE)
install(DIRECTORY deploy/prometheus DESTINATION share/wayleave FILES_MATCHING PATTERN "*.yaml" PATTERN tests EXCLUDE)
install(DIRECTORY deploy/grafana/dashboards DESTINATION share/wayleave FILES_MATCHING PATTERN "*.json")
install(FILES deploy/README.md DESTINATION share/doc/wayleave/deploy)

file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/packaging/changelog @ONLY CONTENT
"wayleave (@PROJECT_VERSION@) bookworm; urgency=medium

  * Release @PROJECT_VERSION@.

 -- The authors of Wayleave <wayleave@localhost>  Thu, 01 Jan 2026 00:00:00 +0000
")
execute_process(COMMAND gzip -9nc ${PROJECT_BINARY_DIR}/packaging/changelog
                OUTPUT_FILE ${PROJECT_BINARY_DIR}/packaging/changelog.gz COMMAND_ERROR_IS_FATAL ANY)
install(FILES ${PROJECT_BINARY_DIR}/packaging/changelog.gz DESTINATION share/doc/wayleave)

# Only in the package: a component that a plain `cmake --install` leaves out.
set(etc COMPONENT etc EXCLUDE_FROM_ALL)
install(FILES deploy/debian/wayleave.yaml DESTINATION /etc/wayleave ${etc})
install(FILES deploy/debian/default DESTINATION /etc/default RENAME wayleave
        PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ ${etc})
install(DIRECTORY DESTINATION /etc/wayleave/credentials
        DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE ${etc})

set(CPACK_GENERATOR DEB)
set(CPACK_INSTALL_CMAKE_PROJECTS "${PROJECT_BINARY_DIR};wayleave;ALL;/" "${PROJECT_BINARY_DIR};wayleave;etc;/")
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ
    WORLD_EXECUTE)
set(CPACK_PACKAGE_NAME wayleave)
set(CPACK_PACKAGE_CONTACT "The authors of Wayleave <wayleave@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "gateway between OpenAI-style clients and any model")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "One endpoint and one key for Codex CLI and other OpenAI-style clients,\n \
in front of OpenAI, Anthropic, Ollama and models inside a company: rules\n \
choose the model, budgets and limits hold, an audit chain records it all.")
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS ca-certificates)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "postgresql, prometheus")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "")
foreach(part conffiles postinst prerm postrm)
  list(APPEND CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/deploy/debian/${part})
endforeach()
include(CPack)
