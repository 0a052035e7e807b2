#!/usr/bin/env pwsh
<#
.SYNOPSIS
Builds everything and assembles the module in artifacts/module/PatchContainers.
.DESCRIPTION
The module is assembled by the build itself, so that plain `dotnet build` does it too; this script only names the configuration, and runs the tests where asked.
.EXAMPLE
./build.ps1 -Test
.EXAMPLE
./build.ps1; Import-Module ./artifacts/module/PatchContainers
#>
[CmdletBinding()]
param(
    [ValidateSet('Debug', 'Release')] [string] $Configuration = 'Release',
    [switch] $Test
)

$ErrorActionPreference = 'Stop'
Push-Location $PSScriptRoot
try {
    dotnet build PatchContainers.sln --configuration $Configuration
    if ($LASTEXITCODE -ne 0) { throw 'The build failed.' }

    if ($Test) {
        dotnet test --configuration $Configuration --no-build
        $failed = $LASTEXITCODE -ne 0
        # A process of its own: assemblies of the module cannot be unloaded, and the next build has to replace them.
        & (Get-Process -Id $PID).Path -NoProfile -File tests/Module/run.ps1
        if ($failed -or $LASTEXITCODE -ne 0) { throw 'There are failed tests.' }
    }

    Get-Item artifacts/module/PatchContainers
}
finally {
    Pop-Location
}
