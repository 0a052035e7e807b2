# Reports of other scanners through the cmdlets, in place of a scan and beside one.
BeforeAll {
    Import-Module "$PSScriptRoot/TestSupport.psm1" -Force
    Import-Module (Get-ModuleManifest) -Force
    $workspace = New-Workspace "$TestDrive/report"
    $env:PATCHCONTAINERS_HOME = $workspace.State

    # Windows PowerShell writes what is redirected into a file as UTF-16.
    $trivy = "$TestDrive/trivy.json"
    @{
        SchemaVersion = 2; ArtifactName = 'web:1.4'; ArtifactType = 'container_image'; CreatedAt = '2024-11-01T00:00:00Z'
        Results = @(@{ Target = 'web:1.4 (debian 12.1)'; Class = 'os-pkgs'; Type = 'debian'; Vulnerabilities = @(
                    @{ VulnerabilityID = 'CVE-2024-0001'; PkgName = 'curl'; InstalledVersion = '7.88.1-1'; FixedVersion = '7.88.1-2'; Severity = 'HIGH' }
                    @{ VulnerabilityID = 'CVE-2024-0002'; PkgName = 'curl'; InstalledVersion = '7.88.1-1'; Severity = 'LOW'; Status = 'will_not_fix' }) })
    } | ConvertTo-Json -Depth 9 | Set-Content $trivy -Encoding unicode
    $clair = "$TestDrive/clair.json"
    @{
        image = 'web:1.4'; unapproved = @('CVE-2024-0001'); vulnerabilities = @(
            @{ featurename = 'curl'; featureversion = '7.88.1-1'; vulnerability = 'CVE-2024-0001'; namespace = 'debian:12'; severity = 'Medium'; fixedby = '7.88.1-2' })
    } | ConvertTo-Json -Depth 9 | Set-Content $clair
}

AfterAll {
    $env:PATCHCONTAINERS_HOME = $null
}

Describe 'Invoke-ImageScan -Report' {
    It 'gives the result that the report holds, of the image that it names' {
        $scan = Invoke-ImageScan -Report $trivy
        $scan.Image, $scan.Scanner.Name, $scan.Os.Family, $scan.HighCount, $scan.FixableCount | Should -Be 'web:1.4', 'Trivy', 'debian', 1, 1
        ($scan.Findings | Where-Object Id -EQ CVE-2024-0002).FixState | Should -Be WontFix
        (Get-PatchHistory web:1.4).Detail | Should -BeLike '*Read from trivy.json, made 2024-11-01 00:00:00Z.'
    }

    It 'takes image, base and workloads from the record before' {
        $stale = Get-StaleImage -Path $workspace.Deploy | Where-Object Image -EQ $workspace.Web
        $scan = $stale | Invoke-ImageScan -Report $trivy
        $scan.Image, $scan.Digest | Should -Be $stale.Image, $stale.Digest
        $scan.Base.Name | Should -Be $stale.Base.Name
        $scan.Workloads | Should -HaveCount 8
    }

    It 'gives nothing for a pipe that names no image' {
        @() | Invoke-ImageScan -Report $trivy | Should -BeNullOrEmpty
    }

    It 'makes one result of several reports, or one each, which are compared' {
        $merged = Invoke-ImageScan web:1.4 -Report $trivy, $clair
        $merged | Should -HaveCount 1
        $merged.Findings[0].Scanners | Should -Be Trivy, Clair
        $merged.HighCount, $merged.LowCount | Should -Be 1, 1
        ($merged | Out-String -Width 120) | Should -Match '(?m)^web:1.4 +.*\r?\n\(Trivy, Clair\)'

        $comparison = Invoke-ImageScan web:1.4 -Report $trivy, $clair -Separate | Compare-ImageScan
        $comparison.TotalCount, $comparison.CommonCount, $comparison.Agreement | Should -Be 2, 1, 0.5
        ($comparison.Differences | Where-Object Id -EQ CVE-2024-0002).MissedBy | Should -Be Clair
        ($comparison | Format-Table | Out-String -Width 160) | Should -Match 'web:1.4\s.*\s2\s+1\s+50\s?%\s+Trivy, Clair'
    }

    It 'shows whose a result is, and a distribution that gets no more fixes' {
        $line = Get-Content "$PSScriptRoot/records.jsonl" | Where-Object { $_ -match '"ManifestDigest"' }
        $table = foreach ($scanner in 'Embedded', 'Trivy') {
            $ended = $line -replace '"EndOfLife":false', '"EndOfLife":true' -replace '"Name":"Embedded"', "`"Name`":`"$scanner`""
            [PatchContainers.Records.RecordJson]::Read($ended, 'the test', $null) | Out-String -Width 120
        }
        $table[0] | Should -Match 'debian 12\r?\n +end of life'
        $table[0] | Should -Not -Match 'Embedded'
        $table[1] | Should -Match '\n\(Trivy\) +end of life'
    }

    It 'fails where one report cannot be read, or says which' {
        { Invoke-ImageScan -Report $trivy, "$TestDrive/none.json" -ErrorAction Stop } | Should -Throw -ErrorId 'PatchContainers.NotFound,*'
        $partial = Invoke-ImageScan -Report $trivy, "$TestDrive/none.json" -AllowPartial -WarningAction SilentlyContinue
        $partial.FailedScanners | Should -BeLike "There is no report '*none.json'."
    }

    It 'does not take empty JSON for a scan that found nothing' {
        Set-Content "$TestDrive/empty.json" '[]'
        { Invoke-ImageScan -Report "$TestDrive/empty.json" -ErrorAction Stop } | Should -Throw -ErrorId 'PatchContainers.InvalidData,*'
    }

    It 'completes the scanners' {
        (TabExpansion2 'Invoke-ImageScan -Report x -Scanner T').CompletionMatches.CompletionText | Should -Contain Trivy
    }
}
