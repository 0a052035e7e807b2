# What Clair's notifier says of images, from a saved page: images through the pipe are found in it, and go on to an update.
BeforeAll {
    Import-Module "$PSScriptRoot/TestSupport.psm1" -Force
    Import-Module (Get-ModuleManifest) -Force
    $workspace = New-Workspace "$TestDrive/notification"
    $env:PATCHCONTAINERS_HOME = $workspace.State
    $null = Update-AdvisoryDatabase $workspace.Advisories
    $stale = Get-StaleImage -Path $workspace.Deploy | Where-Object Image -EQ $workspace.Web
    $scan = @($stale | Invoke-ImageScan)[0]

    function New-Page([string[]]$Manifests) {
        $page = "$TestDrive/page-$([guid]::NewGuid()).json"
        @{
            page = @{ size = 500 }; notifications = @($Manifests | ForEach-Object {
                    @{ id = [guid]::NewGuid(); manifest = $_; reason = 'added'; vulnerability = @{
                            name = 'CVE-2024-0001'; normalized_severity = 'High'; fixed_in_version = '7.88.1-2'; package = @{ id = '1'; name = 'curl'; version = '' } } } })
        } | ConvertTo-Json -Depth 9 | Set-Content $page
        $page
    }
}

AfterAll {
    $env:PATCHCONTAINERS_HOME = $null
}

Describe 'Get-ImageNotification' {
    It 'writes what is said, of manifests alone, where no image is given' {
        $said = Get-ImageNotification -Path (New-Page $scan.ManifestDigest, ('sha256:' + '0' * 64))
        $said | Should -HaveCount 2
        $said[0].Image, $said[0].AffectedDigest, $said[0].Reason, $said[0].Finding.Id, $said[0].Finding.Severity | Should -Be '', $scan.ManifestDigest, 'added', 'CVE-2024-0001', 'High'
        ($said | Format-Table | Out-String -Width 160) | Should -Match 'sha256:\w{12}\s+added\s+CVE-2024-0001\s+High\s+curl\s+7.88.1-2'
        { $said[0] | Update-BaseImage -WhatIf -ErrorAction Stop } | Should -Throw -ErrorId 'PatchContainers.InvalidArgument,*'
    }

    It 'finds the images of the pipe, which go on to an update and a scan' {
        $page = New-Page $scan.ManifestDigest, $scan.ManifestDigest
        $found = Get-StaleImage -Path $workspace.Deploy -All | Get-ImageNotification -Path $page
        $found | Should -HaveCount 2
        $found[0].Image, $found[0].Digest, $found[0].Base.Name | Should -Be $stale.Image, $stale.Digest, $stale.Base.Name
        $found[0].Workloads | Should -HaveCount $stale.Workloads.Count

        $planned = $found | Update-BaseImage -WhatIf
        $planned.Image, $planned.Status | Should -Be $stale.Image, 'Planned'
        @($found | Invoke-ImageScan).ManifestDigest | Should -Contain $scan.ManifestDigest
        (Get-ImageNotification $workspace.Web -Path $page).Image | Should -Be $stale.Image, $stale.Image
    }

    It 'gives nothing for images that are not named, and for an empty pipe' {
        $stale | Get-ImageNotification -Path (New-Page ('sha256:' + '0' * 64)) | Should -BeNullOrEmpty
        @() | Get-ImageNotification -Path (New-Page $scan.ManifestDigest) | Should -BeNullOrEmpty
    }

    It 'refuses what it cannot do, with a reason' {
        { Get-ImageNotification -Path "$TestDrive/none.json" -ErrorAction Stop } | Should -Throw -ErrorId 'PatchContainers.NotFound,*'
        { $stale | Get-ImageNotification -Id 269886f3-0146-4f08-9bf7-cb1138d48643 -Acknowledge -ErrorAction Stop } | Should -Throw 'What is done with images is not done yet*'
        { Get-ImageNotification -Id 269886f3-0146-4f08-9bf7-cb1138d48643 -ErrorAction Stop } | Should -Throw '*nobody says: give its address in the settings file*'
    }
}

Describe 'Get-ImageNotification from a notifier' {
    BeforeAll {
        $id = '269886f3-0146-4f08-9bf7-cb1138d48643'
        $free = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
        $free.Start()
        $url = "http://127.0.0.1:$($free.LocalEndpoint.Port)"
        $free.Stop()
        $listener = [Net.HttpListener]::new()
        $listener.Prefixes.Add("$url/")
        $listener.Start()
        $asked = [Collections.Concurrent.ConcurrentQueue[string]]::new()
        $server = [powershell]::Create().AddScript({
                param($listener, $asked, $page)
                while ($listener.IsListening) {
                    try { $context = $listener.GetContext() } catch { return }
                    $asked.Enqueue("$($context.Request.HttpMethod) $($context.Request.RawUrl)")
                    $body = [Text.Encoding]::UTF8.GetBytes($page)
                    if ($context.Request.HttpMethod -eq 'GET') { $context.Response.OutputStream.Write($body, 0, $body.Length) }
                    $context.Response.Close()
                }
            }).AddArgument($listener).AddArgument($asked).AddArgument((Get-Content (New-Page $scan.ManifestDigest) -Raw))
        $null = $server.BeginInvoke()
        $settings = "$TestDrive/clair.json"
        @{ scanners = @{ clair = @{ url = $url } } } | ConvertTo-Json -Depth 5 | Set-Content $settings
        $hook = @{ notification_id = $id; callback = "$url/notifier/api/v1/notification/$id" } | ConvertTo-Json
        Set-Content "$TestDrive/hook.json" $hook
    }

    AfterAll {
        $listener.Close()
        $server.Dispose()
    }

    It 'reads the set of a webhook, as a file or a text, and has it forgotten when that is asked, and not with -WhatIf' {
        (Get-ImageNotification -Webhook $hook -SettingsPath $settings).SetId | Should -Be $id
        (Get-ImageNotification -Webhook "$TestDrive/hook.json" -SettingsPath $settings -Acknowledge -WhatIf).SetId | Should -Be $id
        $asked | Should -HaveCount 2
        $asked | Should -Match '^GET '
        (Get-ImageNotification -Webhook "$TestDrive/hook.json" -SettingsPath $settings -Acknowledge -Confirm:$false).SetId | Should -Be $id
        @($asked)[-1] | Should -Be "DELETE /notifier/api/v1/notification/$id"
    }

    It 'asks nobody where the webhook sends to another server' {
        $count = $asked.Count
        { Get-ImageNotification -Webhook ($hook -replace '127.0.0.1', 'clair.example') -SettingsPath $settings -ErrorAction Stop } |
            Should -Throw -ErrorId 'PatchContainers.InvalidArgument,*'
        $asked | Should -HaveCount $count
    }
}
