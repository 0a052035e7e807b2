# Runs the module's tests in this PowerShell. The last line counts them: Pester: N passed, N failed, N skipped
param([string] $Path = $PSScriptRoot)

$ErrorActionPreference = 'Stop'
Import-Module Pester -MinimumVersion 5.0
$configuration = New-PesterConfiguration
$configuration.Run.Path = $Path
$configuration.Run.PassThru = $true
$configuration.Output.Verbosity = 'Detailed'
$configuration.Output.RenderMode = 'Plaintext'
$result = Invoke-Pester -Configuration $configuration
# A block or file that failed by itself fails its tests; one without tests counts as one.
$failed = [Math]::Max($result.FailedCount, [int]($result.Result -ne 'Passed'))
"Pester: $($result.PassedCount) passed, $failed failed, $($result.SkippedCount) skipped"
exit [int]($failed -gt 0)
