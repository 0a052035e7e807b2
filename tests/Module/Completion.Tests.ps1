BeforeAll {
    Import-Module "$PSScriptRoot/TestSupport.psm1" -Force
    Import-Module (Get-ModuleManifest) -Force
    $workspace = New-Workspace "$TestDrive/workspace"

    function Complete($Text) { (TabExpansion2 $Text $Text.Length).CompletionMatches.CompletionText }
}

Describe 'Tab completion' {
    It 'completes the commands' {
        Complete 'Get-Stale' | Should -Be 'Get-StaleImage'
    }

    It 'completes <Text> with <Expected>' -ForEach @(
        @{ Text = 'Update-BaseImage -Strategy Re'; Expected = 'Rebase', 'Rebuild' }
        @{ Text = 'Start-PatchRollout . -FailOn Cri'; Expected = @('Critical') }
        @{ Text = 'Start-PatchRollout . -FailureAction F'; Expected = @('Freeze') }
        @{ Text = 'Undo-PatchRollout x -RollbackScope R'; Expected = 'Ring', 'Rollout' }
        @{ Text = 'Invoke-ImageScan app -Platform linux/arm'; Expected = 'linux/arm/v6', 'linux/arm/v7', 'linux/arm64' }
    ) {
        Complete $Text | Sort-Object | Should -Be $Expected
    }

    It 'completes images of a folder that stands for a registry, from the settings' {
        Complete "Get-StaleImage -StatePath '$($workspace.State)' -Image registry.demo.example/shop/w" | Should -Be $workspace.Web
    }

    It 'completes images of a folder that was typed before, as a parameter that holds several' {
        $map = "@{'other.example' = 'oci:$($workspace.Root)/registry'}"
        Complete "Update-BaseImage -StatePath '$TestDrive/none' -RegistryMap $map -BaseImage other.example/base" | Should -Be 'other.example/base/debian:12'
    }

    It 'completes the rings below a path, relative to the shell''s location' {
        Push-Location $workspace.Root
        try { Complete 'Start-PatchRollout -Path ./deploy -Ring s' | Should -Be 'staging' }
        finally { Pop-Location }
    }

    It 'completes the form of a registry map' {
        Complete 'Get-StaleImage -RegistryMap ' | Select-Object -First 1 | Should -BeLike '@{*oci:*}'
    }

    It 'completes what the history names: images and vulnerabilities' {
        $null = Update-AdvisoryDatabase $workspace.Advisories -StatePath $workspace.State
        $null = Get-StaleImage $workspace.Web -StatePath $workspace.State | Invoke-ImageScan -StatePath $workspace.State
        Complete "Get-PatchHistory -StatePath '$($workspace.State)' -Image reg" | Should -Contain $workspace.Web
        Complete "Get-PatchHistory -StatePath '$($workspace.State)' -Cve CVE-2023-53" | Should -Be 'CVE-2023-5363'
    }

    It 'reads the settings file that was typed before' {
        Copy-Item (Join-Path $workspace.State 'settings.json') "$TestDrive/workspace/beside.json"
        (Get-Content "$TestDrive/workspace/beside.json" -Raw).Replace('oci:../registry', 'oci:registry') | Set-Content "$TestDrive/workspace/beside.json"
        Complete "Get-StaleImage -StatePath '$TestDrive/none' -SettingsPath '$TestDrive/workspace/beside.json' -Image registry.demo.example/shop/w" |
            Should -Contain $workspace.Web
    }

    It 'is silent where it cannot say' {
        $Error.Clear()
        Complete "Get-StaleImage -StatePath '$TestDrive/none' -RegistryMap @{'other.example' = 'oci:/does/not/exist'} -Image other" | Where-Object { $_ -like 'other.example*' } | Should -BeNullOrEmpty
        $Error | Should -BeNullOrEmpty
    }
}
