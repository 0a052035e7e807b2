BeforeAll {
    Import-Module "$PSScriptRoot/TestSupport.psm1" -Force
    Import-Module (Get-ModuleManifest) -Force

    function Use-Workspace($Name) {
        $made = New-Workspace "$TestDrive/$Name"
        $env:PATCHCONTAINERS_HOME = $made.State
        $null = Update-AdvisoryDatabase $made.Advisories
        $made
    }
}

AfterAll {
    $env:PATCHCONTAINERS_HOME = $null
}

Describe 'The pipeline' {
    BeforeAll {
        $workspace = Use-Workspace pipeline
        $before = @{ staging = Get-Fingerprint "$($workspace.Deploy)/staging"; production = Get-Fingerprint "$($workspace.Deploy)/production" }
        $stale = Get-StaleImage -Path $workspace.Deploy -All
        $scans = $stale | Invoke-ImageScan
        $updates = $scans | Where-Object FixableCount -GT 0 | Update-BaseImage
    }

    It 'finds what is stale, fresh and unknown, with the evidence' {
        $stale | Should -HaveCount 4
        ($stale | Where-Object Image -EQ $workspace.Web).Base.Method | Should -Be Annotation
        ($stale | Where-Object Image -EQ $workspace.Refused).Base.Method | Should -Be LayerPrefix
        ($stale | Where-Object Image -EQ $workspace.Fresh).Status | Should -Be Fresh
        ($stale | Where-Object Image -EQ $workspace.Unknown).Status | Should -Be Unknown
        ($stale | Where-Object Image -EQ $workspace.Web).Workloads | Should -HaveCount 8
    }

    It 'scans each platform of each image once' {
        $scans | Should -HaveCount 8
        $scans | Group-Object Image, Platform | Where-Object Count -NE 1 | Should -BeNullOrEmpty
        $scans | ForEach-Object { $_.Workloads.Count } | Should -Not -Contain 0
    }

    It 'updates each image once, whatever the number of records that name it' {
        $updates | Should -HaveCount 3
        ($updates | Where-Object Image -EQ $workspace.Web).Status | Should -Be Updated
        ($updates | Where-Object Image -EQ $workspace.Refused).Status | Should -Be Refused
        ($updates | Where-Object Image -EQ $workspace.Refused).Rejected.Path | Should -Contain 'var/lib/dpkg/status'
    }

    It 'rolls out in rings, and edits nothing but the image' {
        $rollout = $updates | Start-PatchRollout $workspace.Deploy -Ring staging, production -FailOn Critical
        $rollout.Status | Should -Be Succeeded
        $rollout.Changes | Should -HaveCount 8
        $rollout.Changes.Status | Sort-Object -Unique | Should -Be Written
        $new = $updates | Where-Object Status -EQ Updated
        $text = Get-Content "$($workspace.Deploy)/staging/web.yaml" -Raw
        $text | Should -BeLike "*image: $($new.NewImage)@$($new.NewDigest)   # moved by the patch rollout*"
    }

    It 'shows and checks the history' {
        (Get-PatchHistory $workspace.Web -Cve CVE-2023-38545).Outcome | Should -Contain Updated
        $head = (Get-PatchRollout)[-1].HistoryHead
        (Test-PatchHistory -ExpectedHead $head).IsIntact | Should -BeTrue

        $file = "$($workspace.State)/history.jsonl"
        $lines = Get-Content $file
        Set-Content $file ($lines -replace '"Actor":"', '"Actor":"x')
        $verdict = Test-PatchHistory
        $verdict.IsIntact | Should -BeFalse
        $verdict.FirstFault | Should -Be 1
        Set-Content $file $lines
        Set-Content $file ($lines | Select-Object -SkipLast 1)
        $verdict = Test-PatchHistory
        $verdict.IsIntact | Should -BeFalse -Because 'the journals of rollouts keep heads'
        $verdict.Detail | Should -BeLike "*tail was cut*journal of the rollout $((Get-PatchRollout)[-1].Id)*"
        (Test-PatchHistory -ExpectedHead $head).IsIntact | Should -BeFalse
        Set-Content $file $lines
    }

    It 'undoes a rollout to the byte' {
        $undone = (Get-PatchRollout)[-1] | Undo-PatchRollout
        $undone.Status | Should -Be RolledBack
        Get-Fingerprint "$($workspace.Deploy)/staging" | Should -Be $before.staging
        Get-Fingerprint "$($workspace.Deploy)/production" | Should -Be $before.production
    }
}

Describe 'A gate that fails' {
    BeforeAll {
        $workspace = Use-Workspace gate
        $before = Get-Fingerprint $workspace.Deploy
        $updates = Get-StaleImage -Path $workspace.Deploy | Update-BaseImage
        $null = Update-AdvisoryDatabase "$($workspace.Root)/data/advisories/2024-01"
    }

    It 'writes the rollout, ends the script, and leaves every byte as it was' {
        $written = [System.Collections.Generic.List[object]]::new()
        { $updates | Start-PatchRollout $workspace.Deploy -Ring staging, production -FailOn High | ForEach-Object { $written.Add($_) } } |
            Should -Throw -ErrorId 'PatchContainers.GateFailed,PatchContainers.PowerShell.Commands.StartPatchRolloutCommand'
        $written.Status | Should -Be RolledBack
        Get-Fingerprint $workspace.Deploy | Should -Be $before
    }
}

Describe 'A gate that cannot say' {
    BeforeAll {
        $workspace = Use-Workspace pause
        $before = Get-Fingerprint $workspace.Deploy
        $updates = $workspace.Web | Get-StaleImage | Update-BaseImage
        Move-Item "$($workspace.State)/advisories" "$TestDrive/hidden"
        $rollout = $updates | Start-PatchRollout $workspace.Deploy -Ring staging, production
    }

    It 'pauses the rollout, which is no error' {
        $rollout.Status | Should -Be Paused
        $rollout.Rings[0].Gates[0].Verdict | Should -Be Inconclusive
        (Get-PatchRollout $rollout.Id).Status | Should -Be Paused
    }

    It 'shows with -WhatIf what <Command> would do, and does nothing' -ForEach @(@{ Command = 'Resume-PatchRollout' }, @{ Command = 'Undo-PatchRollout' }) {
        $state = Get-Fingerprint $workspace.Deploy, $workspace.State
        $rollout | & $Command -WhatIf | Should -BeNullOrEmpty
        Get-Fingerprint $workspace.Deploy, $workspace.State | Should -Be $state
    }

    It 'asks again when it is resumed, by its id or its record of yesterday' {
        Remove-Item "$($workspace.State)/advisories" -Recurse -Force -ErrorAction Ignore
        Move-Item "$TestDrive/hidden" "$($workspace.State)/advisories"
        $resumed = $rollout | ConvertTo-Json -Depth 10 | ConvertFrom-Json | Resume-PatchRollout
        $resumed.Status | Should -Be Succeeded
        (Resume-PatchRollout $rollout.Id).Status | Should -Be Succeeded -Because 'one that has ended is written as it is'
        Get-Fingerprint $workspace.Deploy | Should -Not -Be $before
    }
}

Describe 'Through a file and a night' {
    BeforeAll {
        $workspace = Use-Workspace night
    }

    It 'feeds any later command with any earlier record, by <Name>' -ForEach @(
        @{ Name = 'JSON'; Save = { $input | ConvertTo-Json -Depth 10 | Set-Content "$TestDrive/kept.json" }; Load = { Get-Content "$TestDrive/kept.json" -Raw } }
        @{ Name = 'JSON objects'; Save = { $input | ConvertTo-Json -Depth 10 | Set-Content "$TestDrive/kept.json" }; Load = { Get-Content "$TestDrive/kept.json" -Raw | ConvertFrom-Json } }
        @{ Name = 'CLIXML'; Save = { $input | Export-Clixml "$TestDrive/kept.xml" }; Load = { Import-Clixml "$TestDrive/kept.xml" } }
    ) {
        Get-StaleImage -Path $workspace.Deploy | & $Save
        $scans = & $Load | Invoke-ImageScan -Platform linux/amd64
        $scans | Should -HaveCount 3
        (& $Load | Update-BaseImage).Status | Sort-Object | Should -Be Updated, Refused, Refused
        $scans | & $Save
        $updates = & $Load | Update-BaseImage
        $updates | Should -HaveCount 3
        $updates | & $Save
        (& $Load | Start-PatchRollout $workspace.Deploy -Ring staging -FailOn Critical -WhatIf).Changes | Should -HaveCount 4
    }

    It 'takes lines of the command line, and writes what it takes' {
        $cli = Get-CommandLine
        $state = $workspace.State
        $lines = dotnet $cli --state-path $state stale --path $workspace.Deploy
        $lines | Should -HaveCount 3
        $mine = Get-StaleImage -Path $workspace.Deploy
        foreach ($index in 0..2) {
            # The two ran at two times; all else is the same.
            ($lines[$index] -replace '"CheckedAt":"[^"]*"') | Should -BeExactly ([PatchContainers.Records.RecordJson]::Write($mine[$index]) -replace '"CheckedAt":"[^"]*"')
        }

        $lines | Invoke-ImageScan -Platform linux/arm64 | Should -HaveCount 3
        $scanned = $mine | ConvertTo-Json -Depth 10 | dotnet $cli --state-path $state scan --platform linux/arm64
        $scanned | Should -HaveCount 3
    }

    It 'cut short, says which property, and changes nothing' {
        $before = Get-Fingerprint $workspace.Deploy, "$($workspace.Root)/registry"
        $json = Get-StaleImage -Path $workspace.Deploy | ConvertTo-Json -WarningAction SilentlyContinue
        $json | Update-BaseImage -ErrorAction SilentlyContinue -ErrorVariable problems | Should -BeNullOrEmpty
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'PatchContainers.InvalidData,*'
        $problems[0].ToString() | Should -BeLike "*'Workloads``[0``]'*cut short*a greater depth (10 is enough*"
        Get-Fingerprint $workspace.Deploy, "$($workspace.Root)/registry" | Should -Be $before
    }
}

Describe 'Get-PatchEnvironment' {
    It 'shows paths, advisories and registries, and says what is missing' {
        $workspace = Use-Workspace environment
        $environment = Get-PatchEnvironment
        $environment.StatePath | Should -Be $workspace.State
        $environment.Advisories.Ecosystem | Should -Be 'Debian:12'
        $environment.Registries.Name | Should -Be 'registry.demo.example'
        $environment.Registries.IsReachable | Should -BeTrue
        $environment.Problems | Should -BeNullOrEmpty

        $other = Get-PatchEnvironment -StatePath "$TestDrive/nothing" -RegistryMap @{ 'a.example' = "oci:$TestDrive/missing" }
        $other.Problems | Should -HaveCount 2
        $other.Registries.IsReachable | Should -BeFalse
        Test-Path "$TestDrive/nothing" | Should -BeFalse -Because 'looking makes no folder'
    }
}

Describe 'Image names' {
    BeforeAll {
        $workspace = Use-Workspace names
        Push-Location $workspace.Root
    }

    AfterAll {
        Pop-Location
    }

    It 'takes a layout by a path relative to the shell''s location, and writes it out' {
        $found = Get-StaleImage oci:./registry/shop/web:1.4
        $found.Image | Should -Be "oci:$($workspace.Root)/registry/shop/web:1.4"
        $found.Digest | Should -Be (Get-StaleImage $workspace.Web).Digest
    }

    It 'takes a pinned name' {
        $digest = (Get-StaleImage $workspace.Web).Digest
        (Get-StaleImage "$($workspace.Web)@$digest").Digest | Should -Be $digest
        $other = 'sha256:' + '0' * 64
        { Get-StaleImage "$($workspace.Web)@$other" -ErrorAction Stop } | Should -Throw -ErrorId 'PatchContainers.NotFound,*'
    }

    It 'takes a relative state folder, from the parameter and from the environment' {
        (Get-PatchEnvironment -StatePath ./state).StatePath | Should -Be $workspace.State
        $env:PATCHCONTAINERS_HOME = './state'
        try { (Get-PatchEnvironment).StatePath | Should -Be $workspace.State } finally { $env:PATCHCONTAINERS_HOME = $workspace.State }
    }

    It 'reads real images that docker save wrote' -Skip:(-not $env:PATCHCONTAINERS_CONFORMANCE) {
        $image = Invoke-ImageScan "docker-archive:$env:PATCHCONTAINERS_CONFORMANCE/trivy/images/alpine-310.tar.gz" -ErrorAction SilentlyContinue -ErrorVariable problems
        $image | Should -BeNullOrEmpty
        $problems[0].ToString() | Should -BeLike '*no advisories for Alpine:v3.10*' -Because 'a scan without data is an error, never an empty result'
        (Get-StaleImage "docker-archive:$env:PATCHCONTAINERS_CONFORMANCE/trivy/images/alpine-310.tar.gz").Status | Should -Be Unknown
    }
}

Describe 'Several shells' {
    It 'share a state folder' {
        $manifest = Get-ModuleManifest
        $workspace = Use-Workspace parallel
        $counts = 1..4 | ForEach-Object -Parallel {
            Import-Module $using:manifest
            (Get-StaleImage -Path ($using:workspace).Deploy -StatePath ($using:workspace).State).Count
        } -ThrottleLimit 4
        $counts | Should -Be 3, 3, 3, 3
        (Test-PatchHistory).IsIntact | Should -BeTrue
    }
}

Describe 'Test-PatchWindow' {
    It 'takes durations as texts and as TimeSpans, and says in UTC whether the work fits' {
        $windows = 'Sat,Sun 02:00 +4h Europe/Berlin'
        foreach ($duration in '1h31m', [TimeSpan]::FromMinutes(91), '01:31:00') {
            $state = Test-PatchWindow $windows -Blackout '2026-12-20..2027-01-06' -At 2026-03-29T03:30Z -Duration $duration
            $state.IsOpen | Should -BeTrue
            $state.Fits | Should -BeFalse
            $state.NextFit | Should -Be ([DateTimeOffset]'2026-04-04T00:00Z')
            $state.Freezes | Should -Be '2026-12-20..2027-01-06 Europe/Berlin'
        }
    }

    It 'asks about now by default, and is always open without a window' {
        (Test-PatchWindow).IsOpen | Should -BeTrue
        ((Test-PatchWindow).At - [DateTimeOffset]::UtcNow).Duration() | Should -BeLessThan ([TimeSpan]::FromMinutes(5))
    }
}
