# The cmdlets on images that real engines built, in a real registry: see tests/real/up.sh, whose file PATCHCONTAINERS_REAL names.
BeforeDiscovery {
    $none = -not $env:PATCHCONTAINERS_REAL
}

Describe 'A real registry' -Skip:$none {
    BeforeAll {
        Import-Module "$PSScriptRoot/TestSupport.psm1" -Force
        Import-Module (Get-ModuleManifest) -Force
        $real = Get-Content $env:PATCHCONTAINERS_REAL -Raw | ConvertFrom-StringData
        $app = "$($real.REGISTRY)/apps/copy:1.0"
        $base = "$($real.REGISTRY)/debian:12=$($real.OLD_BASE)"
        $env:PATCHCONTAINERS_HOME = "$TestDrive/state"
        $tag = "module-$([guid]::NewGuid().ToString('n').Substring(0, 8))"

        # What the packages' changelogs say that the new base fixed, in OSV form.
        $osv = (New-Item "$TestDrive/osv" -ItemType Directory).FullName
        Get-Content "$($real.DIR)/fixes.tsv" | ConvertFrom-Csv -Delimiter "`t" -Header Source, Before, Cve, Fixed | Group-Object Cve | ForEach-Object {
            @{
                id       = "DEBIAN-$($_.Name)"
                aliases  = @($_.Name)
                modified = '2026-01-01T00:00:00Z'
                affected = @($_.Group | ForEach-Object {
                        @{
                            package = @{ ecosystem = 'Debian:12'; name = $_.Source }
                            ranges  = @(@{ type = 'ECOSYSTEM'; events = @(@{ introduced = '0' }, @{ fixed = $_.Fixed }) })
                        }
                    })
            } | ConvertTo-Json -Depth 10 | Set-Content "$osv/$($_.Name).json"
        }

        $null = Update-AdvisoryDatabase $osv
    }

    AfterAll {
        $env:PATCHCONTAINERS_HOME = $null
    }

    It 'goes from stale to patched, and the registry has what the record says' {
        $stale = Get-StaleImage $app -BaseImage $base
        $stale.Status | Should -Be Stale
        $stale.Base.RecordedDigest | Should -Be $real.OLD_BASE
        $stale.Base.CurrentDigest | Should -Be $real.NEW_BASE

        $scan = $stale | Invoke-ImageScan
        $scan.FixableCount | Should -BeGreaterThan 50
        $scan.Findings.Origin | Sort-Object -Unique | Should -Be Base

        $update = $scan | ConvertTo-Json -Depth 10 | Update-BaseImage -Tag $tag
        $update.Status | Should -Be Updated
        $update.Fixed.Count | Should -Be $scan.FixableCount
        $update.Remaining | Should -BeNullOrEmpty

        $answer = Invoke-WebRequest "http://$($real.REGISTRY)/v2/apps/copy/manifests/$tag" -Method Head -Headers @{ Accept = 'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json' }
        $answer.Headers['Docker-Content-Digest'] | Should -Be $update.NewDigest
        (Get-StaleImage $update.NewImage -BaseImage $base -All).Status | Should -Be Fresh
    }

    It 'refuses what apt-get install changed' {
        $update = Update-BaseImage "$($real.REGISTRY)/apps/install:1.0" -BaseImage $base
        $update.Status | Should -Be Refused
        $update.Rejected.Path | Should -Contain 'var/lib/dpkg/status'
        $update.Rejected.HistoryLine -join "`n" | Should -BeLike '*apt-get install*'
    }

    It 'logs in with a credential, and says what is missing without one' {
        $image = "$($real.LOCKED_REGISTRY)/none:1"
        Get-StaleImage $image -ErrorAction SilentlyContinue -ErrorVariable problems
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'PatchContainers.Unauthorized,*'
        $credential = [pscredential]::new('tester', (ConvertTo-SecureString 'correct horse' -AsPlainText -Force))
        Get-StaleImage $image -RegistryCredential @{ $real.LOCKED_REGISTRY = $credential } -ErrorAction SilentlyContinue -ErrorVariable problems
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'PatchContainers.NotFound,*' -Because 'with the credential, it is the image that is missing'
    }

    It 'reads the files of docker, podman and skopeo alike' {
        $scans = 'docker', 'podman', 'skopeo' | ForEach-Object { Invoke-ImageScan "docker-archive:$($real.DIR)/archives/$_.tar" }
        $scans | Should -HaveCount 3
        $scans.PackageCount | Sort-Object -Unique | Should -HaveCount 1
        $scans[0].FixableCount | Should -BeGreaterThan 50
        $scans.FixableCount | Sort-Object -Unique | Should -HaveCount 1
    }
}
