BeforeAll {
    Import-Module "$PSScriptRoot/TestSupport.psm1" -Force
    Import-Module (Get-ModuleManifest) -Force
    $workspace = New-Workspace "$TestDrive/workspace"
    $env:PATCHCONTAINERS_HOME = $workspace.State
    $null = Update-AdvisoryDatabase $workspace.Advisories

    # A context as a user interface or another module may leave it on the thread: it takes work and never does it.
    Add-Type -TypeDefinition 'public sealed class DeadContext : System.Threading.SynchronizationContext
    {
        public override void Post(System.Threading.SendOrPostCallback d, object state) { }
        public override void Send(System.Threading.SendOrPostCallback d, object state) => throw new System.InvalidOperationException("Nobody is here.");
    }'

    function New-Shell($Script, $Arguments) {
        $shell = [powershell]::Create([initialsessionstate]::CreateDefault())
        $shell.AddScript("Import-Module '$(Get-ModuleManifest)'").Invoke()
        $shell.Commands.Clear()
        $null = $shell.AddScript($Script).AddParameters($Arguments)
        $shell
    }
}

AfterAll {
    $env:PATCHCONTAINERS_HOME = $null
}

Describe 'Ctrl+C' {
    It 'stops <Name> within a second, and its connection is closed' -ForEach @(
        @{ Name = 'Get-StaleImage'; Script = 'param($image) Get-StaleImage $image' }
        @{ Name = 'Invoke-ImageScan'; Script = 'param($image) $image | Invoke-ImageScan' }
        @{ Name = 'Update-BaseImage'; Script = 'param($image) $image | Update-BaseImage' }
    ) {
        $server = Start-SilentServer
        $shell = New-Shell $Script @{ image = "127.0.0.1:$($server.LocalEndpoint.Port)/app:1" }
        try {
            $running = $shell.BeginInvoke()
            $accepting = $server.AcceptTcpClientAsync()
            $accepting.Wait(20000) | Should -BeTrue -Because 'the command asks the registry'
            $connection = $accepting.Result
            $connection.ReceiveTimeout = 5000
            $buffer = [byte[]]::new(65536)
            $connection.GetStream().Read($buffer, 0, $buffer.Length) | Should -BeGreaterThan 0 -Because 'the request has come'
            $stopwatch = [System.Diagnostics.Stopwatch]::StartNew()
            $shell.Stop()
            $stopwatch.ElapsedMilliseconds | Should -BeLessThan 1000
            $running.IsCompleted | Should -BeTrue

            while ($connection.GetStream().Read($buffer, 0, $buffer.Length) -gt 0) { }
        }
        finally {
            $shell.Dispose()
            $server.Stop()
        }
    }
}

Describe 'Select-Object -First' {
    It 'ends a command whose next image would take forever' {
        $server = Start-SilentServer
        try {
            $stopwatch = [System.Diagnostics.Stopwatch]::StartNew()
            $first = $workspace.Web, "127.0.0.1:$($server.LocalEndpoint.Port)/app:1" | Get-StaleImage | Select-Object -First 1
            $first.Image | Should -Be $workspace.Web
            $stopwatch.Elapsed.TotalSeconds | Should -BeLessThan 10
        }
        finally {
            $server.Stop()
        }
    }

    It 'leaves a shell in which the next command runs' {
        $null = Get-StaleImage -All | Select-Object -First 1
        Get-StaleImage -All | Should -HaveCount 5
    }
}

Describe 'The pipeline''s thread' {
    It 'is not needed by the work: a synchronization context that does nothing blocks nothing' {
        $shell = New-Shell 'param($image)
            [System.Threading.SynchronizationContext]::SetSynchronizationContext([DeadContext]::new())
            $image | Get-StaleImage | Invoke-ImageScan' @{ image = $workspace.Web }
        try {
            $results = $shell.Invoke()
            $shell.Streams.Error | Should -BeNullOrEmpty
            $results | Should -HaveCount 2
        }
        finally {
            $shell.Dispose()
        }
    }

    It 'gets every error, however many there are' {
        $folder = (New-Item "$TestDrive/many" -ItemType Directory).FullName
        foreach ($number in 1..200) { Set-Content "$folder/$number.yaml" 'kind: [' }
        $null = Get-StaleImage -Path $folder -ErrorAction SilentlyContinue -ErrorVariable problems
        ($problems.TargetObject | Sort-Object -Unique) | Should -HaveCount 200
    }

    It 'completes every progress bar, and draws at most five a second' {
        $shell = New-Shell 'Get-StaleImage -All | Invoke-ImageScan' @{}
        try {
            $stopwatch = [System.Diagnostics.Stopwatch]::StartNew()
            $null = $shell.Invoke()
            $drawn = $shell.Streams.Progress
            $drawn | Should -Not -BeNullOrEmpty
            foreach ($bar in $drawn | Group-Object ActivityId, Activity) {
                $bar.Group[-1].RecordType | Should -Be Completed
            }

            # Every call has its own bars, and shows the first at once.
            $calls = 1 + 5
            ($drawn | Where-Object RecordType -eq Processing).Count | Should -BeLessOrEqual ($calls + 5 * $stopwatch.Elapsed.TotalSeconds)
        }
        finally {
            $shell.Dispose()
        }
    }
}
