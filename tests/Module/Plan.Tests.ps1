BeforeAll {
    Import-Module "$PSScriptRoot/TestSupport.psm1" -Force
    Import-Module (Get-ModuleManifest) -Force
    $workspace = New-Workspace "$TestDrive/workspace"
    $env:PATCHCONTAINERS_HOME = $workspace.State
    $null = Update-AdvisoryDatabase $workspace.Advisories
    $plan = Join-Path $workspace.Root 'plan.yaml'
    Set-Content $plan @'
name: shop
gates:
  - { name: no-known-fix, kind: policy, severity: high }
rings:
  - name: staging
    targets: [{ path: deploy/staging }]
    gates: [no-known-fix]
  - name: production
    targets: [{ path: deploy/production }]
    batch: 2
    approval: true
    gates: [no-known-fix]
'@
    $updates = Get-StaleImage -Path $workspace.Deploy | Update-BaseImage
    function Complete($Text) { (TabExpansion2 $Text $Text.Length).CompletionMatches.CompletionText }
}

AfterAll {
    $env:PATCHCONTAINERS_HOME = $null
}

Describe 'Test-PatchPlan' {
    It 'explains the rings' {
        $report = Test-PatchPlan $plan
        $report.IsValid | Should -BeTrue
        $report.Rings.Name | Should -Be 'staging', 'production'
        $report.Rings[1].Approval | Should -BeTrue
        $report.Warnings.Message | Should -BeLike '*production has no soak*'
        $report | Format-List | Out-String | Should -Match 'if it fails: production is put back, and then staging'
        $report | Out-String | Should -Match 'shop'
    }

    It 'says where every fault is, of each file that is piped in' {
        $wrong = Join-Path $workspace.Root 'wrong.yaml'
        (Get-Content $plan -Raw).Replace('batch: 2', 'batch: 0').Replace('approval: true', 'aproval: true') | Set-Content $wrong
        $reports = Get-Item $plan, $wrong | Test-PatchPlan
        $reports.IsValid | Should -Be $true, $false
        $reports[1].Faults.Line | Should -Be 10, 11
        $reports[1].Faults.Key | Should -Be 'rings[1].batch', 'rings[1].aproval'
    }

    It 'survives JSON and CLIXML' {
        $report = Test-PatchPlan $plan
        ($report | ConvertTo-Json -Depth 10 | ConvertFrom-Json).Rings[0].Gates | Should -BeLike 'no-known-fix: *'
        $report | Export-Clixml "$TestDrive/report.xml"
        (Import-Clixml "$TestDrive/report.xml").Rings[1].Name | Should -Be 'production'
    }
}

Describe 'Rollouts by a plan' {
    It 'prints every ring, batch and step with -WhatIf, and writes nothing' {
        $before = Get-Fingerprint $workspace.Deploy
        $transcript = "$TestDrive/transcript.txt"
        $null = Start-Transcript $transcript -UseMinimalHeader
        try { $planned = $updates | Start-PatchRollout -Plan $plan -WhatIf } finally { $null = Stop-Transcript }
        $planned.Status | Should -Be Planned
        ($planned.Steps | Where-Object Action -eq Apply).Batch | Should -Be 1, 1, 1, 1, 1, 1, 2, 2
        Get-Content $transcript -Raw | Should -BeLike '*What if: Roll out by the plan shop*production, batch 2 of 2*shop/web:1.4 (sha256:*) -> *@sha256:*'
        Get-Fingerprint $workspace.Deploy | Should -Be $before
        Get-PatchRollout | Should -BeNullOrEmpty
    }

    It 'waits for an approval, and goes on after it' {
        $paused = $updates | Start-PatchRollout -Plan $plan -MaxDuration 2h
        $paused.Status | Should -Be Paused
        ($paused | Approve-PatchRollout -WhatIf) | Should -BeNullOrEmpty
        ($paused | Resume-PatchRollout).Status | Should -Be Paused
        $approved = $paused | Approve-PatchRollout -Ring production -ValidFor 8h -Reason 'change 4711'
        $approved.Reason | Should -BeLike '*approved the ring production until *. Resume goes on.'
        ($paused | Resume-PatchRollout -MaxDuration 1h).Status | Should -Be Succeeded
        $undo = "$TestDrive/undo.txt"
        $null = Start-Transcript $undo -UseMinimalHeader
        try { Undo-PatchRollout $paused.Id -WhatIf | Should -BeNullOrEmpty } finally { $null = Stop-Transcript }
        Get-Content $undo -Raw | Should -BeLike '*What if: 8 workloads of the rollout*production*Revert*shop/web:1.4-patched-*-> *shop/web:1.4*'
        (Undo-PatchRollout $paused.Id).Status | Should -Be RolledBack
    }

    It 'is written down with -Detach, and stopped for good' {
        $detached = $updates | Start-PatchRollout -Plan $plan -Ring staging -Detach -SkipGate no-known-fix
        $detached.Status | Should -Be Planned
        (Stop-PatchRollout $detached.Id -Reason 'called off' -WhatIf) | Should -BeNullOrEmpty
        (Get-PatchRollout $detached.Id).Status | Should -Be Planned
        (Stop-PatchRollout $detached.Id -Reason 'called off').Status | Should -Be Stopped
        { Approve-PatchRollout $detached.Id -ErrorAction Stop } | Should -Throw -ErrorId 'PatchContainers.InvalidArgument*'
    }

    It 'begins nothing by a plan with a fault' {
        Set-Content (Join-Path $workspace.Root 'none.yaml') 'name: shop'
        { $updates | Start-PatchRollout -Plan (Join-Path $workspace.Root 'none.yaml') } | Should -Throw -ErrorId 'PatchContainers.InvalidData*'
    }

    It 'takes either a path or a plan' {
        { $updates | Start-PatchRollout -Plan $plan -FailOn High } | Should -Throw -ErrorId 'AmbiguousParameterSet*'
    }

    It 'completes rings and gates of the plan' {
        Complete "Start-PatchRollout -Plan '$plan' -Ring p" | Should -Be 'production'
        Complete "Start-PatchRollout -Plan '$plan' -SkipGate n" | Should -Be 'no-known-fix'
        Complete 'Start-PatchRollout ./deploy -SkipGate p' | Should -Be 'policy'
        $id = (Get-PatchRollout)[0].Id
        Complete "Approve-PatchRollout $id -Ring s" | Should -Be 'staging'
    }
}

Describe 'Test-PatchWindow -Plan' {
    BeforeAll {
        $timed = Join-Path $workspace.Root 'timed.yaml'
        (Get-Content $plan -Raw).Replace('    batch: 2', "    batch: 2`n    timeout: 2h`n    windows: ['Sat,Sun 02:00 +4h Europe/Berlin']") | Set-Content $timed
    }

    It 'says of each ring whether it is open, when next, and for how long' {
        $rings = Test-PatchWindow -Plan $timed -At 2026-03-30T03:30Z
        $rings.Ring | Should -Be 'staging', 'production'
        $rings.IsOpen | Should -Be $true, $false
        ($rings[1].NextOpenUntil - $rings[1].NextOpen).TotalHours | Should -Be 4
        $rings[1].Reason | Should -BeLike '*opens at 2026-04-04 00:00Z, for 4h.'
    }

    It 'takes what a portion may last for the work that has to fit' {
        $ring = Test-PatchWindow -Plan $timed -Ring production -At 2026-04-04T02:30Z
        $ring.IsOpen, $ring.Fits | Should -Be $true, $false
        (Test-PatchWindow -Plan $timed -Ring production -At 2026-04-04T02:30Z -Duration 1h).Fits | Should -BeTrue
    }

    It 'completes the rings, and names those that are there' {
        Complete "Test-PatchWindow -Plan '$timed' -Ring p" | Should -Be 'production'
        { Test-PatchWindow -Plan $timed -Ring none } | Should -Throw -ErrorId 'PatchContainers.InvalidArgument*'
    }
}

Describe 'Quarantine' {
    BeforeAll {
        $digest = 'sha256:' + 'a' * 64
        $entry = [PatchContainers.Rollout.QuarantinedDigest]@{
            Repository = 'registry.demo.example/shop/web'; Digest = $digest; Path = 'shop'; Ring = 'staging'
            Rollout = '20260101-000000-0000'; Reason = 'the gate failed'; Since = [DateTimeOffset]::UtcNow
        }
        $state = [PatchContainers.Rollout.Journal.SharedState]::OfFolder([PatchContainers.PatchState]::new($workspace.State), [TimeProvider]::System)
        $store = [PatchContainers.Rollout.QuarantineStore]::new($state.Quarantine, [TimeProvider]::System)
        $null = $store.AddAsync($entry, [Threading.CancellationToken]::None).GetAwaiter().GetResult()
        $state.Dispose()
    }

    It 'is listed, completed, previewed and cleared' {
        (Get-PatchQuarantine).Repository | Should -Be 'registry.demo.example/shop/web'
        Get-PatchQuarantine | Out-String -Width 200 | Should -Match 'the gate failed'
        Complete 'Clear-PatchQuarantine sha256:a' | Should -Be $digest
        Get-PatchQuarantine | Clear-PatchQuarantine -WhatIf | Should -BeNullOrEmpty
        (Get-PatchQuarantine $digest).Digest | Should -Be $digest
        (Get-PatchQuarantine | Clear-PatchQuarantine).ReleasedBy | Should -Not -BeNullOrEmpty
        Get-PatchQuarantine | Should -BeNullOrEmpty
    }

    It 'says so where a digest is not there' {
        { Clear-PatchQuarantine $digest -ErrorAction Stop } | Should -Throw -ErrorId 'PatchContainers.NotFound*'
    }
}
