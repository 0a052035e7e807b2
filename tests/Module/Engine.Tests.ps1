# The cmdlets on a real container engine and its swarm: see tests/real/up.sh, whose file PATCHCONTAINERS_REAL names.
BeforeDiscovery {
    $none = -not $env:PATCHCONTAINERS_REAL
}

Describe 'A real engine' -Skip:$none {
    BeforeAll {
        Import-Module "$PSScriptRoot/TestSupport.psm1" -Force
        Import-Module (Get-ModuleManifest) -Force
        $real = Get-Content $env:PATCHCONTAINERS_REAL -Raw | ConvertFrom-StringData
        $engine = $real.DOCKER_HOST
        $image = "$($real.REGISTRY)/debian:12"
        $env:PATCHCONTAINERS_HOME = "$TestDrive/state"
        $env:DOCKER_HOST = $engine
        $label = "module-$([guid]::NewGuid().ToString('n').Substring(0, 8))"
        $container = /usr/bin/docker run -d --name $label --label "test=$label" $image sleep 600
        $service = /usr/bin/docker service create -d -q --name $label --label "test=$label" --replicas 2 $image sleep 600
        if (-not $container -or -not $service) { throw 'The container or the service could not be made.' }
    }

    AfterAll {
        $null = /usr/bin/docker rm -f $label
        $null = /usr/bin/docker service rm $label
        $env:PATCHCONTAINERS_HOME = $env:DOCKER_HOST = $null
    }

    It 'lists containers with the digest that runs' {
        $workload = Get-ContainerWorkload -Docker -DockerHost $engine -Selector "test=$label"
        $workload.Platform | Should -Be 'Docker'
        $workload.Name | Should -Be $label
        $workload.Image | Should -Be $image
        $workload.RunningDigests | Should -HaveCount 1
        $workload.ChangedFiles | Should -BeNullOrEmpty
    }

    It 'lists services' {
        $workload = Get-ContainerWorkload -Swarm -DockerHost $engine -Selector "test=$label"
        $workload.Id | Should -BeLike "swarm://*/$label"
        $workload.Kind | Should -Be 'Service'
    }

    It 'finds a container whose files are no longer those of its image' {
        $null = /usr/bin/docker exec $label touch /etc/changed /etc/ignored
        $stale = Get-StaleImage -Docker -DockerHost $engine -Selector "test=$label" -IgnoreChange /etc/ignored
        "$($stale.Reasons)" | Should -Match 'ContainerChanged'
        "$($stale.Detail)" | Should -Match '/etc/changed'
        "$($stale.Detail)" | Should -Not -Match '/etc/ignored'
    }

    It 'reads an image out of the engine' {
        $digest = (Get-StaleImage "docker-daemon:$image" -All).Digest
        $digest | Should -Match '^sha256:[0-9a-f]{64}$'
        (Get-StaleImage "docker-daemon:$image@$digest" -All).Digest | Should -Be $digest
        { Get-StaleImage "docker-daemon:$($real.REGISTRY)/nothing:1" -ErrorAction Stop } | Should -Throw '*nothing:1*'
    }

    It 'says which engine answers' {
        $info = (Get-PatchEnvironment -DockerHost $engine).Engines
        $info.IsReachable | Should -BeTrue
        $info.Detail | Should -Match 'swarm active, a manager'
        (Get-PatchEnvironment -DockerHost "unix://$TestDrive/none.sock").Problems -match 'cannot be used' | Should -HaveCount 1
    }

    It 'takes its plan''s targets from it' {
        Set-Content "$TestDrive/plan.yaml" @"
name: engines
rings:
  - name: staging
    targets: [{ docker: { host: '$engine', selector: test=$label } }]
  - name: next
    targets: [{ swarm: { host: '$engine', selector: test=$label, update: { order: start-first } } }]
"@
        $report = Test-PatchPlan "$TestDrive/plan.yaml"
        $report.IsValid | Should -BeTrue
        $report.Rings.Workloads | Should -Be @(1, 1)
        $report.Rings[1].Targets | Should -BeLike '*services of the swarm*start-first*'
    }
}
