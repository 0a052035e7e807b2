@{
    RootModule           = 'PatchContainers.dll'
    ModuleVersion        = '0.1.0'
    GUID                 = '6d0c3f0e-5a0b-4c58-9a0e-0f4f6f2f1a77'
    Author               = 'PatchContainers contributors'
    CompanyName          = 'PatchContainers contributors'
    Copyright            = 'PatchContainers contributors. MIT licence.'
    Description          = 'Patch management for containers: finds images that have fallen behind, scans them, patches them without a container engine, rolls the patch out ring by ring, and keeps a history that can be checked.'
    PowerShellVersion    = '7.4'
    CompatiblePSEditions = @('Core')
    # Loaded before the cmdlets, so that a type literal such as [PatchContainers.Staleness.StaleImage] resolves at once.
    RequiredAssemblies   = @('PatchContainers.Core.dll')
    TypesToProcess       = @('PatchContainers.Types.ps1xml')
    FormatsToProcess     = @('PatchContainers.Format.ps1xml')
    CmdletsToExport      = @(
        'Approve-PatchRollout',
        'Clear-PatchQuarantine',
        'Compare-ImageScan',
        'Get-ContainerWorkload',
        'Get-ImageNotification',
        'Get-PatchEnvironment',
        'Get-PatchHistory',
        'Get-PatchQuarantine',
        'Get-PatchRollout',
        'Get-StaleImage',
        'Invoke-ImageScan',
        'Resume-PatchRollout',
        'Start-PatchRollout',
        'Stop-PatchRollout',
        'Test-PatchHistory',
        'Test-PatchPlan',
        'Test-PatchWindow',
        'Undo-PatchRollout',
        'Update-AdvisoryDatabase',
        'Update-BaseImage'
    )
    FunctionsToExport    = @()
    VariablesToExport    = @()
    AliasesToExport      = @()
    PrivateData          = @{
        PSData = @{
            Tags       = @('containers', 'patching', 'oci', 'docker', 'kubernetes', 'security', 'vulnerabilities', 'PSEdition_Core')
            Prerelease = ''
        }
    }
}
