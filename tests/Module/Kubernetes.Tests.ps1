# The cmdlets on a real control plane, whose administrator's kubeconfig PATCHCONTAINERS_TEST_KUBECONFIG names. Its images are those of a folder that
# stands for a registry.
BeforeDiscovery {
    $none = -not $env:PATCHCONTAINERS_TEST_KUBECONFIG
}

Describe 'A real cluster' -Skip:$none {
    BeforeAll {
        Import-Module "$PSScriptRoot/TestSupport.psm1" -Force
        Import-Module (Get-ModuleManifest) -Force
        $workspace = New-Workspace "$TestDrive/workspace"
        $env:PATCHCONTAINERS_HOME = $workspace.State
        $env:KUBECONFIG = $env:PATCHCONTAINERS_TEST_KUBECONFIG
        $null = Update-AdvisoryDatabase $workspace.Advisories

        $config = Get-Content $env:KUBECONFIG -Raw
        $context = [regex]::Match($config, 'current-context: (\S+)').Groups[1].Value
        $server = [regex]::Match($config, 'server: "([^"]+)"').Groups[1].Value
        $certificate = [Security.Cryptography.X509Certificates.X509Certificate2]::CreateFromPem(
            [Text.Encoding]::ASCII.GetString([Convert]::FromBase64String([regex]::Match($config, 'client-certificate-data: ([^,} ]+)').Groups[1].Value)),
            [Text.Encoding]::ASCII.GetString([Convert]::FromBase64String([regex]::Match($config, 'client-key-data: ([^,} ]+)').Groups[1].Value)))

        function Invoke-Cluster($Method, $Path, $Body) {
            $json = if ($Body) { $Body | ConvertTo-Json -Depth 20 }
            $type = if ($Method -eq 'Patch') { 'application/merge-patch+json' } else { 'application/json' }
            Invoke-RestMethod "$server$Path" -Method $Method -Certificate $certificate -SkipCertificateCheck -NoProxy -ContentType $type -Body $json
        }

        function New-Deployment($Namespace, $Name, $Image) {
            $labels = @{ app = $Name }
            $null = Invoke-Cluster Post "/apis/apps/v1/namespaces/$Namespace/deployments" @{
                metadata = @{ name = $Name; labels = $labels }
                spec     = @{
                    replicas = 2; selector = @{ matchLabels = $labels }
                    template = @{ metadata = @{ labels = $labels }; spec = @{ containers = @(@{ name = 'app'; image = $Image }) } }
                }
            }
        }

        function Get-Image($Namespace, $Name) {
            (Invoke-Cluster Get "/apis/apps/v1/namespaces/$Namespace/deployments/$Name").spec.template.spec.containers[0].image
        }

        function Complete($Text) { (TabExpansion2 $Text $Text.Length).CompletionMatches.CompletionText }

        $id = [guid]::NewGuid().ToString('n').Substring(0, 8)
        $staging, $production, $store = "module-$id-staging", "module-$id-production", "module-$id-store"
        $staging, $production, $store | ForEach-Object { $null = Invoke-Cluster Post '/api/v1/namespaces' @{ metadata = @{ name = $_ } } }
        $old = "$($workspace.Web)@$((Get-StaleImage $workspace.Web -All).Digest)"
        $staging, $production | ForEach-Object { New-Deployment $_ web $old; New-Deployment $_ other "$($workspace.Fresh)" }

        # Until all of their pods run.
        foreach ($space in $staging, $production) {
            while ((Invoke-Cluster Get "/apis/apps/v1/namespaces/$space/deployments").items.status.readyReplicas -ne 2 -or
                @((Invoke-Cluster Get "/apis/apps/v1/namespaces/$space/deployments").items.status.readyReplicas -eq 2).Count -ne 2) { }
        }

        # A plan of its own for each test: another name is another plan.
        function New-Plan($Name, $ForStaging = '', $ForProduction = '') {
            $file = Join-Path $workspace.Root "$Name.yaml"
            Set-Content $file @"
name: $Name-$id
gates:
  - { name: alive, kind: http, url: 'http://127.0.0.1:1/' }
rings:
  - name: staging
    targets: [{ kubernetes: { context: $context, namespaces: [$staging], selector: app=web } }]
    $ForStaging
  - name: production
    targets: [{ kubernetes: { context: $context, namespaces: [$production], selector: app=web } }]
    $ForProduction
"@
            $file
        }

        $updates = Get-StaleImage -Kubernetes -Context $context -Namespace $staging, $production | Update-BaseImage
    }

    AfterAll {
        $staging, $production, $store | ForEach-Object { $null = Invoke-Cluster Delete "/api/v1/namespaces/$_" }
        $env:PATCHCONTAINERS_HOME = $env:KUBECONFIG = $null
    }

    It 'lists workloads with what their pods run, by context, namespace, selector and kind' {
        $all = Get-ContainerWorkload -Kubernetes -Context $context -Namespace $staging, $production -Kind Deployment
        $all | Should -HaveCount 4
        $all.Context | Sort-Object -Unique | Should -Be $context
        $all.Namespace | Sort-Object -Unique | Should -Be (@($staging, $production) | Sort-Object)
        $web = Get-ContainerWorkload -Kubernetes -Context $context -Namespace $staging -Selector app=web -Kind Deployment
        $web.Id | Should -Be "kubernetes://$context/$staging/Deployment/web#app"
        $web.RunningDigests | Should -Be ($old -split '@')[1]
        Get-ContainerWorkload -Kubernetes -Namespace $staging -Kind StatefulSet -WarningAction SilentlyContinue | Should -BeNullOrEmpty
    }

    It 'finds what is stale there, and names the workloads' {
        $stale = Get-StaleImage -Kubernetes -Context $context -Namespace $staging, $production -Selector app=web -Kind Deployment
        $stale.Status | Should -Be Stale
        "$($stale.Reasons)" | Should -Match BaseChanged
        $stale.Workloads.Namespace | Sort-Object -Unique | Should -Be (@($staging, $production) | Sort-Object)
        (Get-StaleImage -Kubernetes -Namespace $staging -Selector app=other -All).Workloads.Name | Should -Be other
    }

    It 'says what the account may do there' {
        $cluster = (Get-PatchEnvironment -Kubernetes -Context $context -Namespace $staging -StateStore "kubernetes://$context/$store").Clusters
        $cluster[0].Context | Should -Be $context
        $cluster[0].IsReachable | Should -BeTrue
        $cluster.Rights.Right | Should -Contain 'patch deployments'
        $cluster.Rights.Right | Should -Contain 'update leases'
        $cluster.Rights.IsAllowed | Should -Not -Contain $false
    }

    It 'completes contexts and namespaces' {
        Complete 'Get-ContainerWorkload -Kubernetes -Context adm' | Should -Be "'$context'"
        Complete "Get-StaleImage -Kubernetes -Context $context -Namespace module-$id" | Should -Be (@($production, $staging, $store) | Sort-Object)
        Complete "Get-PatchEnvironment -Kubernetes -Namespace module-$id-st" | Should -Be $staging, $store
    }

    It 'prints every step with -WhatIf, and writes nothing' {
        $before = Get-Image $staging web
        $transcript = "$TestDrive/transcript.txt"
        $null = Start-Transcript $transcript -UseMinimalHeader
        try { $planned = $updates | Start-PatchRollout -Plan (New-Plan preview) -WhatIf } finally { $null = Stop-Transcript }
        $planned.Status | Should -Be Planned
        $planned.Changes | Should -HaveCount 2
        Get-Content $transcript -Raw | Should -BeLike "*What if: Roll out by the plan preview-$id*Apply kubernetes://$context/$staging/Deployment/web#app: $old -> *-patched-*@sha256:*"
        Get-Image $staging web | Should -Be $before
        Get-PatchRollout | Should -BeNullOrEmpty
    }

    It 'rolls out, waits for a yes, goes on, and puts back' {
        $paused = $updates | Start-PatchRollout -Plan (New-Plan approved -ForProduction 'approval: true')
        $paused.Status | Should -Be Paused
        Get-Image $staging web | Should -BeLike "$($workspace.Web)-patched-*@sha256:*"
        Get-Image $production web | Should -Be $old
        (Get-PatchRollout $paused.Id).Rings.Status | Should -Be Passed, Pending
        $paused | Resume-PatchRollout -WhatIf | Should -BeNullOrEmpty
        $null = $paused | Approve-PatchRollout -Ring production -ValidFor 1h -Reason 'change 4711'
        $ended = $paused | Resume-PatchRollout -MaxDuration 1h
        $ended.Status | Should -Be Succeeded
        $ended.Changes.Status | Should -Be Healthy, Healthy
        Get-Image $production web | Should -BeLike "$($workspace.Web)-patched-*@sha256:*"
        Undo-PatchRollout $ended.Id -WhatIf | Should -BeNullOrEmpty
        (Undo-PatchRollout $ended.Id).Status | Should -Be RolledBack
        $staging, $production | ForEach-Object { Get-Image $_ web | Should -Be $old }
    }

    It 'is stopped for good where it waits' {
        $paused = $updates | Start-PatchRollout -Plan (New-Plan stopped -ForProduction 'approval: true')
        $stopped = Stop-PatchRollout $paused.Id -Reason 'called off'
        $stopped.Status | Should -Be Stopped
        Get-Image $production web | Should -Be $old
        (Undo-PatchRollout $paused.Id).Status | Should -Be RolledBack
    }

    It 'keeps its journal in the cluster, where another machine finds it' {
        $shared = "kubernetes://$context/$store"
        $detached = $updates | Start-PatchRollout -Plan (New-Plan shared) -StateStore $shared -Detach
        $detached.Status | Should -Be Planned
        Get-PatchRollout | Where-Object Id -eq $detached.Id | Should -BeNullOrEmpty
        $other = @{ StatePath = "$TestDrive/other"; StateStore = $shared }
        (Get-PatchRollout @other).Id | Should -Be $detached.Id
        (Resume-PatchRollout $detached.Id @other).Status | Should -Be Succeeded
        (Undo-PatchRollout $detached.Id -StateStore $shared).Status | Should -Be RolledBack
    }

    It 'ends the script where a gate fails, and refuses the digest the next night' {
        $plan = New-Plan failing -ForStaging 'gates: [alive]'
        { $updates | Start-PatchRollout -Plan $plan } | Should -Throw -ErrorId 'PatchContainers.GateFailed*'
        Get-Image $staging web | Should -Be $old
        (Get-PatchRollout)[-1].Status | Should -Be RolledBack
        (Get-PatchQuarantine).Ring | Should -Be staging
        { $updates | Start-PatchRollout -Plan $plan } | Should -Throw -ErrorId 'PatchContainers.NotPromotable*'
        Get-PatchQuarantine | Clear-PatchQuarantine | Should -Not -BeNullOrEmpty
    }
}
