BeforeAll {
    Import-Module "$PSScriptRoot/TestSupport.psm1" -Force
    $workspace = New-Workspace "$TestDrive/workspace"

    # Another YamlDotNet, as another module might bring it: same name, other version, none of the real one's types.
    $code = '[assembly: System.Reflection.AssemblyVersion("1.2.3.4")] namespace YamlDotNet.RepresentationModel { public class YamlStream { } }'
    $references = [Microsoft.CodeAnalysis.MetadataReference[]]@([Microsoft.CodeAnalysis.MetadataReference]::CreateFromFile([object].Assembly.Location))
    $trees = [Microsoft.CodeAnalysis.SyntaxTree[]]@([Microsoft.CodeAnalysis.CSharp.CSharpSyntaxTree]::ParseText($code))
    $options = [Microsoft.CodeAnalysis.CSharp.CSharpCompilationOptions]::new([Microsoft.CodeAnalysis.OutputKind]::DynamicallyLinkedLibrary)
    $other = Join-Path (New-Item "$TestDrive/other" -ItemType Directory).FullName 'YamlDotNet.dll'
    $compilation = [Microsoft.CodeAnalysis.CSharp.CSharpCompilation]::Create('YamlDotNet', $trees, $references, $options)
    $emitted = [Microsoft.CodeAnalysis.FileSystemExtensions]::Emit($compilation, $other)
    if (-not $emitted.Success) { throw $emitted.Diagnostics }
}

Describe 'The manifest' {
    BeforeAll {
        $data = Import-PowerShellDataFile (Get-ModuleManifest)
        $module = Import-Module (Get-ModuleManifest) -Force -PassThru
    }

    It 'is valid' {
        Test-ModuleManifest (Get-ModuleManifest) | Should -Not -BeNullOrEmpty
    }

    It 'exports what the module has, and nothing else' {
        $module.ExportedCmdlets.Keys | Sort-Object | Should -Be ($data.CmdletsToExport | Sort-Object)
        $module.ExportedFunctions.Count + $module.ExportedAliases.Count + $module.ExportedVariables.Count | Should -Be 0
        $types = [PatchContainers.PowerShell.PatchCmdlet].Assembly.GetExportedTypes() | Where-Object { $_.GetCustomAttributes([System.Management.Automation.CmdletAttribute], $false) }
        $types.Count | Should -Be $data.CmdletsToExport.Count
    }

    It 'uses approved verbs' {
        $approved = (Get-Verb).Verb
        $module.ExportedCmdlets.Values.Verb | Where-Object { $_ -notin $approved } | Should -BeNullOrEmpty
    }

    It 'ships no assembly of PowerShell''s own' {
        Get-ChildItem (Split-Path (Get-ModuleManifest)) -Recurse -Filter *.dll | Select-Object -ExpandProperty Name | Sort-Object |
            Should -Be @('PatchContainers.Core.dll', 'PatchContainers.dll', 'PatchContainers.Platforms.dll', 'YamlDotNet.dll')
    }
}

Describe 'Import' {
    It 'resolves type literals before any cmdlet ran' {
        Invoke-Fresh {
            Import-Module $Manifest
            [PatchContainers.Staleness.StaleImage].FullName
            [PatchContainers.Rollout.PatchRollout].FullName
        } | Should -Be "PatchContainers.Staleness.StaleImage$([Environment]::NewLine)PatchContainers.Rollout.PatchRollout"
    }

    It 'loads no platform, and nobody else''s code' {
        Invoke-Fresh {
            Import-Module $Manifest
            [AppDomain]::CurrentDomain.GetAssemblies().GetName().Name | Where-Object { $_ -match 'YamlDotNet|PatchContainers' } | Sort-Object
        } | Should -Be "PatchContainers$([Environment]::NewLine)PatchContainers.Core"
    }

    It 'may be repeated with -Force, before and after the platforms were loaded' {
        Invoke-Fresh -ArgumentList $workspace.Deploy, $workspace.State {
            param($deploy, $state)
            Import-Module $Manifest
            Import-Module $Manifest -Force
            $first = Get-StaleImage -Path $deploy -StatePath $state
            Remove-Module PatchContainers
            Import-Module $Manifest -Force
            $second = Get-StaleImage -Path $deploy -StatePath $state
            $second[0] -is [PatchContainers.Staleness.StaleImage]
            $first.Count -eq $second.Count
            ([AppDomain]::CurrentDomain.GetAssemblies() | Where-Object { $_.GetName().Name -eq 'PatchContainers.Core' }).Count
            ([AppDomain]::CurrentDomain.GetAssemblies() | Where-Object { $_.GetName().Name -eq 'PatchContainers.Platforms' }).Count
        } | Should -Be ('True', 'True', '1', '1' -join [Environment]::NewLine)
    }

    It 'works beside a module that loaded another YamlDotNet first' {
        Invoke-Fresh -ArgumentList $workspace.Deploy, $workspace.State, $other {
            param($deploy, $state, $other)
            [void][System.Reflection.Assembly]::LoadFrom($other)
            Import-Module $Manifest
            @(Get-StaleImage -Path $deploy -StatePath $state -All).Count
            [AppDomain]::CurrentDomain.GetAssemblies().GetName() | Where-Object Name -eq YamlDotNet | ForEach-Object { $_.Version.Major } | Sort-Object
        } | Should -Be ('4', '1', '16' -join [Environment]::NewLine)
    }

    It 'works beside a module that loads another YamlDotNet last' {
        Invoke-Fresh -ArgumentList $workspace.Deploy, $workspace.State, $other {
            param($deploy, $state, $other)
            Import-Module $Manifest
            @(Get-StaleImage -Path $deploy -StatePath $state -All).Count
            [System.Reflection.Assembly]::LoadFrom($other).GetName().Version.Major
            [YamlDotNet.RepresentationModel.YamlStream].Assembly.GetName().Version.Major
            @(Get-StaleImage -Path $deploy -StatePath $state -All).Count
        } | Should -Be ('4', '1', '1', '4' -join [Environment]::NewLine)
    }

    It 'keeps the platforms in a context of their own, which shares Core' {
        Invoke-Fresh -ArgumentList $workspace.Deploy, $workspace.State {
            param($deploy, $state)
            Import-Module $Manifest
            $null = Get-StaleImage -Path $deploy -StatePath $state
            foreach ($name in 'PatchContainers.Core', 'PatchContainers.Platforms', 'YamlDotNet') {
                [AppDomain]::CurrentDomain.GetAssemblies() | Where-Object { $_.GetName().Name -eq $name } |
                    ForEach-Object { "$name $([System.Runtime.Loader.AssemblyLoadContext]::GetLoadContext($_).Name)" }
            }
        } | Should -Be ('PatchContainers.Core Default', 'PatchContainers.Platforms PatchContainers.Platforms', 'YamlDotNet PatchContainers.Platforms' -join [Environment]::NewLine)
    }

    It 'says which file is missing from a module that is not complete' {
        Invoke-Fresh -ArgumentList $workspace.Deploy, "$TestDrive" {
            param($deploy, $folder)
            Copy-Item (Split-Path $Manifest) $folder/PatchContainers -Recurse
            Remove-Item $folder/PatchContainers/platforms -Recurse
            Import-Module $folder/PatchContainers/PatchContainers.psd1
            try { Get-StaleImage -Path $deploy } catch { $_.FullyQualifiedErrorId; $_.ToString() }
        } | Should -BeLike 'PatchContainers.NotFound,*platforms*is missing*'
    }
}
