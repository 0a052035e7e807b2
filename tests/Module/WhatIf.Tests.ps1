BeforeAll {
    Import-Module "$PSScriptRoot/TestSupport.psm1" -Force
    Import-Module (Get-ModuleManifest) -Force
    $workspace = New-Workspace "$TestDrive/workspace"
    $env:PATCHCONTAINERS_HOME = $workspace.State
    $null = Update-AdvisoryDatabase $workspace.Advisories
    $stale = Get-StaleImage -Path $workspace.Deploy
    $everything = "$($workspace.Root)/registry", $workspace.Deploy, $workspace.State

    # The cache is filled by reading; nothing else may change.
    function Get-State { (Get-Fingerprint $everything) -split "`n" -notmatch '/state/cache/' }
}

AfterAll {
    $env:PATCHCONTAINERS_HOME = $null
}

Describe '-WhatIf' {
    It 'prints what Update-BaseImage would write, with the digest that it then has' {
        $before = Get-State
        $planned = $stale | Update-BaseImage -WhatIf
        Get-State | Should -Be $before

        $planned.Status | Sort-Object -Unique | Should -Be 'Planned', 'Refused'
        $plan = $planned | Where-Object Status -eq Planned
        $made = $workspace.Web | Update-BaseImage
        $made.NewDigest | Should -Be $plan.NewDigest
        $made.NewImage | Should -Be $plan.NewImage
        $made.Fixed.Count | Should -Be $plan.Fixed.Count
    }

    It 'prints what Start-PatchRollout would change' {
        $updates = $stale | Update-BaseImage
        $before = Get-State
        $planned = $updates | Start-PatchRollout $workspace.Deploy -Ring staging, production -WhatIf
        Get-State | Should -Be $before
        $planned.Status | Should -Be Planned
        $planned.Changes | Should -HaveCount 8
        $planned.Changes.NewImage | Sort-Object -Unique | Should -BeLike "$($workspace.Web)-patched-*@sha256:*"
    }

    It 'imports no advisories' {
        $before = Get-State
        Update-AdvisoryDatabase $workspace.Advisories -Replace -WhatIf | Should -BeNullOrEmpty
        Get-State | Should -Be $before
    }

    It 'says the plan in words: <Name>' -ForEach @(
        @{ Name = 'Update-BaseImage'; Script = { $stale | Update-BaseImage -WhatIf }; Text = 'Write registry.demo.example/shop/web:1.4-patched-* (sha256:*) from registry.demo.example/shop/web:1.4*' }
        @{ Name = 'Start-PatchRollout'; Script = { $stale | Update-BaseImage | Start-PatchRollout $workspace.Deploy -Ring staging -WhatIf }; Text = 'Roll out in *staging*Apply *web.yaml*registry.demo.example/shop/web:1.4 (sha256:*) -> registry.demo.example/shop/web:1.4-patched-*' }
        @{ Name = 'Update-AdvisoryDatabase'; Script = { Update-AdvisoryDatabase $workspace.Advisories -WhatIf }; Text = '*Import advisories into*' }
        @{ Name = 'Resume-PatchRollout of one that has ended'; Script = { $stale | Update-BaseImage | Start-PatchRollout $workspace.Deploy -Ring staging | Resume-PatchRollout -WhatIf }; Text = 'Nothing: the rollout * has ended, and is Succeeded*' }
    ) {
        $transcript = "$TestDrive/transcript.txt"
        $null = Start-Transcript $transcript -UseMinimalHeader
        try { $null = & $Script } finally { $null = Stop-Transcript }
        Get-Content $transcript -Raw | Should -BeLike "*What if: $Text*"
    }
}
