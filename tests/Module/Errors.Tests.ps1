BeforeAll {
    Import-Module "$PSScriptRoot/TestSupport.psm1" -Force
    Import-Module (Get-ModuleManifest) -Force
    $workspace = New-Workspace "$TestDrive/workspace"
    $env:PATCHCONTAINERS_HOME = $workspace.State
    $null = Update-AdvisoryDatabase $workspace.Advisories
}

AfterAll {
    $env:PATCHCONTAINERS_HOME = $null
}

Describe 'Errors' {
    It 'ends the script under -ErrorAction Stop' {
        Set-Content "$TestDrive/stop.ps1" @"
Import-Module '$(Get-ModuleManifest)'
Invoke-ImageScan -Report '$TestDrive/none.json' -ErrorAction Stop
'after'
"@
        $output = & (Get-Process -Id $PID).Path -NoProfile -File "$TestDrive/stop.ps1" 2>&1
        $LASTEXITCODE | Should -Be 1
        $output -join ' ' | Should -Match 'none.json'
        $output -join ' ' | Should -Not -Match 'after'
    }

    It 'has id <Id>, category <Category> and the object as target: <Name>' -ForEach @(
        @{ Name = 'no such image'; Script = { Get-StaleImage registry.demo.example/shop/none:1 }; Id = 'NotFound'; Category = 'ObjectNotFound'; Target = 'registry.demo.example/shop/none:1*' }
        @{ Name = 'no image name'; Script = { Get-StaleImage 'Registry.Example/UPPER' }; Id = 'InvalidArgument'; Category = 'InvalidArgument'; Target = 'Registry.Example/UPPER' }
        @{ Name = 'a layout that is none'; Script = { Get-StaleImage "oci:$TestDrive/none:1" }; Id = 'NotFound'; Category = 'ObjectNotFound'; Target = $null }
        @{ Name = 'no such file'; Script = { Get-StaleImage -Path "$TestDrive/none.yaml" }; Id = 'NotFound'; Category = 'ObjectNotFound'; Target = $null }
        @{ Name = 'a path that is no file'; Script = { Get-StaleImage -Path 'Env:' }; Id = 'InvalidArgument'; Category = 'InvalidArgument'; Target = 'Env:' }
        @{ Name = 'a platform that is none'; Script = { Invoke-ImageScan $workspace.Web -Platform arm64 }; Id = 'InvalidArgument'; Category = 'InvalidArgument'; Target = 'arm64' }
        @{ Name = 'a platform that is not there'; Script = { Invoke-ImageScan $workspace.Web -Platform linux/s390x }; Id = 'NotFound'; Category = 'ObjectNotFound'; Target = $null }
        @{ Name = 'a registry map without oci:'; Script = { Get-StaleImage $workspace.Web -RegistryMap @{ 'a.example' = 'dir' } }; Id = 'InvalidArgument'; Category = 'InvalidArgument'; Target = 'dir' }
        @{ Name = 'a registry map to a number'; Script = { Get-StaleImage $workspace.Web -RegistryMap @{ 'a.example' = 7 } }; Id = 'InvalidArgument'; Category = 'InvalidArgument'; Target = 'a.example' }
        @{ Name = 'a credential that is text'; Script = { Get-StaleImage $workspace.Web -RegistryCredential @{ 'a.example' = 'secret' } }; Id = 'InvalidArgument'; Category = 'InvalidArgument'; Target = 'a.example' }
        @{ Name = 'advisories that are none'; Script = { Update-AdvisoryDatabase "$TestDrive/none" }; Id = 'NotFound'; Category = 'ObjectNotFound'; Target = $null }
        @{ Name = 'a head that is none'; Script = { Test-PatchHistory -ExpectedHead 12 }; Id = 'InvalidArgument'; Category = 'InvalidArgument'; Target = '12' }
        @{ Name = 'a window that is none'; Script = { Test-PatchWindow 'Saturday night' }; Id = 'InvalidArgument'; Category = 'InvalidArgument'; Target = 'Saturday night' }
        @{ Name = 'a time zone that is none'; Script = { Test-PatchWindow -Blackout '2026-12-24 Europe/Atlantis' }; Id = 'InvalidArgument'; Category = 'InvalidArgument'; Target = 'Europe/Atlantis' }
        @{ Name = 'a rollout that is not there'; Script = { Get-PatchRollout 20200101-000000-0000 }; Id = 'NotFound'; Category = 'ObjectNotFound'; Target = '20200101-000000-0000' }
        @{ Name = 'a rollout''s id that is none'; Script = { Get-PatchRollout ../x }; Id = 'InvalidArgument'; Category = 'InvalidArgument'; Target = '../x' }
        @{ Name = 'a settings file that is not there'; Script = { Get-StaleImage $workspace.Web -SettingsPath "$TestDrive/none.json" }; Id = 'NotFound'; Category = 'ObjectNotFound'; Target = '*none.json' }
        @{ Name = 'an object whose property cannot be read'; Script = { Get-Process -Id $PID | Invoke-ImageScan }; Id = 'InvalidData'; Category = 'InvalidData'; Target = $null }
        @{ Name = 'a ring that is not there'; Script = { Get-StaleImage $workspace.Web | Update-BaseImage | Start-PatchRollout $workspace.Deploy -Ring stagin }; Id = 'NotFound'; Category = 'ObjectNotFound'; Target = '*stagin' }
        @{ Name = 'nothing to look at'; Script = { Get-StaleImage -StatePath "$TestDrive/empty" }; Id = 'InvalidArgument'; Category = 'InvalidArgument'; Target = $null }
    ) {
        $failure = $null
        try { & $Script -ErrorAction Stop 2>&1 | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] } | Select-Object -First 1 | ForEach-Object { $failure = $_ } }
        catch { $failure = $_ }
        $failure | Should -Not -BeNullOrEmpty
        $failure.FullyQualifiedErrorId | Should -BeLike "PatchContainers.$Id,PatchContainers.PowerShell.Commands.*"
        $failure.CategoryInfo.Category | Should -Be $Category
        $failure.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        $failure.Exception | Should -BeOfType PatchContainers.PatchException
        if ($Target) { $failure.TargetObject | Should -BeLike $Target } else { $failure.TargetObject | Should -Not -BeNullOrEmpty }
    }

    It 'has a category and an advice for every code' {
        $records = [PatchContainers.PowerShell.PatchCmdlet].Assembly.GetType('PatchContainers.PowerShell.Pipeline.ErrorRecords')
        foreach ($code in [Enum]::GetValues([PatchContainers.PatchErrorCode])) {
            $record = $records.GetMethod('From').Invoke($null, @([PatchContainers.PatchException]::new($code, 'target', 'message', $null)))
            $record.CategoryInfo.Category | Should -Not -Be NotSpecified
            $record.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        }
    }

    It 'goes on with the rest after a bad item' {
        $found = Get-StaleImage $workspace.Web, registry.demo.example/shop/none:1, $workspace.Unknown -ErrorAction SilentlyContinue -ErrorVariable problems
        $found.Image | Should -Be $workspace.Web, $workspace.Unknown
        $problems | Should -HaveCount 1

        $found = 'Not/A/Name', $workspace.Web, '{"Image":"x","ManifestDigest":7}' | Invoke-ImageScan -Platform linux/amd64 -ErrorAction SilentlyContinue -ErrorVariable problems
        $found.Image | Should -Be $workspace.Web
        $problems.FullyQualifiedErrorId -replace ',.*' | Should -Be 'PatchContainers.InvalidArgument', 'PatchContainers.InvalidData'
    }

    It 'reports a file that cannot be read as an error, and goes on with the others' {
        Copy-Item $workspace.Deploy "$TestDrive/broken" -Recurse
        Set-Content "$TestDrive/broken/staging/bad.yaml" "kind: Deployment`n  image: [broken"
        $found = Get-StaleImage -Path "$TestDrive/broken" -All -ErrorAction SilentlyContinue -ErrorVariable problems
        $found | Should -HaveCount 4
        $problems | Should -Not -BeNullOrEmpty
        $problems[0].TargetObject | Should -BeLike '*bad.yaml*'
    }

    It 'rolls nothing out when one of the records cannot be read' {
        $updates = @($workspace.Web | Update-BaseImage) + 'not json, not a record'
        $before = Get-Fingerprint $workspace.Deploy
        { $updates | Start-PatchRollout $workspace.Deploy -Ring staging -ErrorAction SilentlyContinue } | Should -Throw -ErrorId 'PatchContainers.InvalidArgument,*'
        Get-Fingerprint $workspace.Deploy | Should -Be $before
    }

    It 'asks nothing of an empty pipeline' {
        @() | Get-StaleImage | Should -BeNullOrEmpty
        @() | Invoke-ImageScan | Should -BeNullOrEmpty
        @() | Update-BaseImage | Should -BeNullOrEmpty
        @() | Get-PatchRollout | Should -BeNullOrEmpty
    }
}

Describe 'Credentials' {
    BeforeAll {
        # A registry that wants a login: it keeps what it was sent, and refuses it.
        $listener = [System.Net.HttpListener]::new()
        $port = 20000 + $PID % 20000
        $listener.Prefixes.Add("http://127.0.0.1:$port/")
        $listener.Start()
        $sent = [System.Collections.Concurrent.ConcurrentQueue[string]]::new()
        $server = Start-ThreadJob -ArgumentList $listener, $sent {
            param($listener, $sent)
            while ($listener.IsListening) {
                $context = $listener.GetContext()
                $sent.Enqueue("$($context.Request.Headers['Authorization'])")
                $context.Response.StatusCode = 401
                $context.Response.AddHeader('WWW-Authenticate', 'Basic realm="test"')
                $context.Response.Close()
            }
        }
        $secret = 's3cret-of-the-test'
        $credential = [pscredential]::new('robot', (ConvertTo-SecureString $secret -AsPlainText -Force))
    }

    AfterAll {
        $listener.Stop()
        $server | Stop-Job -PassThru | Remove-Job -Force
    }

    It 'sends a credential to the host that it is for, and shows it nowhere' {
        $output = Get-StaleImage "127.0.0.1:$port/app:1" -RegistryCredential @{ "127.0.0.1:$port" = $credential } -Verbose -ErrorAction SilentlyContinue -ErrorVariable problems 4>&1
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'PatchContainers.Unauthorized,*'
        $problems[0].CategoryInfo.Category | Should -Be AuthenticationError
        $encoded = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes("robot:$secret"))
        $sent | Should -Contain "Basic $encoded"
        foreach ($text in ($output | Out-String), ($problems | Format-List * -Force | Out-String), ($problems[0] | Get-Error | Out-String), (Get-PatchHistory | Out-String)) {
            $text | Should -Not -Match $secret
            $text | Should -Not -Match ([regex]::Escape($encoded))
        }
    }

    It 'sends no credential of another host' {
        $sent.Clear()
        $null = Get-StaleImage "127.0.0.1:$port/app:1" -RegistryCredential @{ "localhost:$port" = $credential } -ErrorAction SilentlyContinue
        $sent.Count | Should -BeGreaterThan 0
        $sent | Where-Object { $_ } | Should -BeNullOrEmpty
    }
}
